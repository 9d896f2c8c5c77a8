-- Ends an act on a keylist, unless the list has changed meanwhile.
-- KEYS: keys, open
-- ARGV: id of the act, then destination and what its route is now: 1 the owner's, 0 free of the owner, x another's
-- Answers what has still to be done: destination, whether it is listed, …
local keys, open = KEYS[1], KEYS[2]
local answer = {}
for i = 2, #ARGV, 2 do
  local destination, route = ARGV[i], ARGV[i + 1]
  local listed = redis.call('ZSCORE', keys, destination)
  if route == 'x' then
    redis.call('ZREM', keys, destination)
  elseif (route == '1') ~= (listed and true or false) then
    answer[#answer + 1] = destination
    answer[#answer + 1] = listed and '1' or '0'
  end
end
if #answer == 0 then
  redis.call('HDEL', open, ARGV[1])
end
return answer
