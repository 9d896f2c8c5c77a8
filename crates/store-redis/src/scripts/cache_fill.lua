-- Keeps what was loaded, if the right to load it still stands.
-- KEYS: entry
-- ARGV: who has loaded, value, life in milliseconds, 0 if there is nothing to keep
if redis.call('HGET', KEYS[1], 'l') ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[1])
if ARGV[3] ~= '0' then
  redis.call('HSET', KEYS[1], 'v', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return 1
