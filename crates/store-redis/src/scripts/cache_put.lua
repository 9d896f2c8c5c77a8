-- Keeps a value.
-- KEYS: entry
-- ARGV: value, life in milliseconds
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'v', ARGV[1])
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
