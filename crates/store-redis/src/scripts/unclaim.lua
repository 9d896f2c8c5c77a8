-- Gives a claim up, if it is still the newest.
-- KEYS: box
-- ARGV: epoch
local claim = redis.call('HGET', KEYS[1], 'o')
if claim and string.match(claim, '^%d+') == ARGV[1] then
  redis.call('HDEL', KEYS[1], 'o')
  rest(KEYS[1])
  return 1
end
return 0
