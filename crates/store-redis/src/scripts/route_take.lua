-- Makes a route the owner's.
-- KEYS: route
-- ARGV: owner
-- Answers 1, or 0 if it is another's
local owner = redis.call('GET', KEYS[1])
if not owner then
  redis.call('SET', KEYS[1], ARGV[1])
end
return (not owner or owner == ARGV[1]) and 1 or 0
