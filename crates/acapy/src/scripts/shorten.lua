#!lua flags=allow-oom
-- Removes the oldest entries of a list.
-- KEYS: the list
-- ARGV: how many stay, how many go at most
-- Answers {how many went, how many are too many still}
local over = redis.call('LLEN', KEYS[1]) - tonumber(ARGV[1])
local gone = math.max(0, math.min(over, tonumber(ARGV[2])))
if gone > 0 then
  redis.call('LTRIM', KEYS[1], gone, -1)
end
return {gone, math.max(0, over - gone)}
