-- A sign of life of an instance, for which it hears who else lives.
-- KEYS: instances
-- ARGV: instance, until, before when the dead are forgotten, life of the key
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
