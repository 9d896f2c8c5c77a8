-- Removes messages for good.
-- KEYS: box, mail, body, flight
-- ARGV: owner, session that heard of it or '', base of channels, the caller's channel, then id and size of each
-- Answers {removed, epoch of a reader in the caller's process that has to be rung, …}
local box, mail, body, flight = unpack(KEYS)
local by = ARGV[2]
local gone, bytes = {}, 0
for i = 5, #ARGV, 2 do
  if redis.call('HDEL', body, ARGV[i]) == 1 then
    gone[#gone + 1] = ARGV[i]
    bytes = bytes + tonumber(ARGV[i + 1])
  end
end
if #gone == 0 then
  return {0}
end
local kept = redis.call('HMGET', box, 'c', 'b', 'r')
local count = math.max(tonumber(kept[1] or 0) - #gone, 0)
local had = {}
for i = 1, #gone, 1000 do
  local some = {unpack(gone, i, math.min(i + 999, #gone))}
  if count > 0 then
    redis.call('XDEL', mail, unpack(some))
  end
  for _, mark in ipairs(redis.call('HMGET', flight, unpack(some))) do
    for holder in string.gmatch(mark or '', '([^:;]+):%d+') do
      had[holder] = holder ~= by
    end
  end
  redis.call('HDEL', flight, unpack(some))
end
if count == 0 then
  redis.call('UNLINK', mail)
  bytes = tonumber(kept[2] or 0)
end
redis.call('HSET', box, 'c', count, 'b', tonumber(kept[2] or 0) - bytes)

local answer = {#gone}
for epoch, channel in string.gmatch(kept[3] or '', '(%d+),%d,([^,]+),[^\n]*\n') do
  if had['s' .. epoch] then
    if channel == ARGV[4] then
      answer[#answer + 1] = epoch
    else
      redis.call('SPUBLISH', ARGV[3] .. channel, 'R' .. ARGV[1] .. epoch)
    end
  end
end
return answer
