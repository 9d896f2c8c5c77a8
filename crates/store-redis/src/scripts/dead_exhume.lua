-- Removes a dead letter and gives it.
-- KEYS: index, letters
-- ARGV: position
local letter = redis.call('HGET', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
return letter
