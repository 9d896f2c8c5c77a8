#!lua flags=allow-oom
-- Runs one command of each kind that the other scripts use, on a key that is not there.
-- KEYS: a key that never exists, the name of a channel to which nobody listens
local key, channel = KEYS[1], KEYS[2]
redis.call('XADD', key, 'NOMKSTREAM', '*', 'a', 'b')
redis.call('XRANGE', key, '-', '+', 'COUNT', 1)
redis.call('XDEL', key, '1-1')
redis.call('HGETALL', key)
redis.call('HDEL', key, 'a')
redis.call('ZADD', key, 'XX', 1, 'a')
redis.call('ZRANGEBYSCORE', key, 1, 2)
redis.call('SET', key, 'a', 'XX')
redis.call('PEXPIRE', key, 1)
redis.call('UNLINK', key)
redis.call('SPUBLISH', channel, 'a')
return 1
