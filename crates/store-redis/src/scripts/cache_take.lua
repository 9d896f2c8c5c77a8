-- Gives an entry, or the right to load it.
-- KEYS: entry
-- ARGV: who asks, for how long it may load, in milliseconds
-- Answers {0, value, how long it lives}, {1} if the one who asks has to load, {2} if another does
local known = redis.call('HMGET', KEYS[1], 'v', 'l')
if known[1] then
  return {0, known[1], redis.call('PTTL', KEYS[1])}
elseif known[2] then
  return {2}
end
redis.call('HSET', KEYS[1], 'l', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {1}
