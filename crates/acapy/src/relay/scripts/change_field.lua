#!lua
-- Changes a field of a hash if nobody else has.
-- KEYS: the hash
-- ARGV: field, 1 if it has to be there, the value that it has to have then, the value that it gets
-- Answers {whether it was changed, the value that it has now}
local found = redis.call('HGET', KEYS[1], ARGV[1])
local expected = ARGV[2] == '1' and ARGV[3]
if found ~= expected then
  return {0, found}
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])
return {1, ARGV[4]}
