-- Keeps a dead letter, once.
-- KEYS: index, letters
-- ARGV: position, letter
redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[1], 0, ARGV[1])
return 1
