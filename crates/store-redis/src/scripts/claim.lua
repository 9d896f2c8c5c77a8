-- Gives an epoch higher than any before.
-- KEYS: box
-- ARGV: now, role, instance, nonce, 1 if only a vacant one may be claimed, live instances, how to take others,
--       then nonces of claims of ours whose answer was lost
-- Answers {-1} if the living must be looked up, {0} if another claims it, {1, epoch}
local box, now, nonce = KEYS[1], tonumber(ARGV[1]), ARGV[4]
local kept = redis.call('HMGET', box, 'e', 'o', 'v')
if ARGV[5] == '1' and kept[2] then
  local epoch, instance, last = string.match(kept[2], '^(%d+),%a,([^,]*),(.*)$')
  for i = 8, #ARGV do
    if last == ARGV[i] then
      return {1, epoch}
    end
  end
  if last == nonce then
    return {1, epoch}
  elseif string.find(ARGV[6], ',' .. instance .. ',', 1, true) then
    return {0}
  elseif ARGV[7] == '0' then
    return {-1}
  end
end
-- By the clock too, so that epochs grow if the engine lost the last ones.
local epoch = string.format('%.0f', math.max(tonumber(kept[1] or 0) + 1, now))
redis.call('HSET', box, 'e', epoch, 'o', epoch .. ',' .. ARGV[2] .. ',' .. ARGV[3] .. ',' .. nonce)
prolong(box, now, kept[3])
return {1, epoch}
