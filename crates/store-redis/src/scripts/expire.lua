-- Removes mail whose time has passed, and says when to come again. A pass through a large mailbox takes several calls: Redis does nothing
-- else meanwhile.
-- KEYS: box, mail, body, dedupe, flight, due
-- ARGV: now, owner, how many at most
-- Answers how many were removed
local box, mail, body, dedupe, flight, due = unpack(KEYS)
local now, owner, limit = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local WALK = 2048
local known = redis.call('HMGET', box, 'w', 'm', 'c', 'b')
local last, soonest = known[1], tonumber(known[2] or math.huge)
local walked, removed, bytes, is_through = 0, 0, 0, false
while walked < WALK and removed < limit and not is_through do
  local page = redis.call('XRANGE', mail, last and '(' .. last or '-', '+', 'COUNT', 128)
  is_through = #page < 128
  for _, entry in ipairs(page) do
    local id = entry[1]
    local _, expires, length = struct.unpack('>I8I8I4', entry[2][2])
    if expires > now then
      soonest = math.min(soonest, expires)
    elseif removed < limit then
      redis.call('XDEL', mail, id)
      redis.call('HDEL', body, id)
      redis.call('HDEL', flight, id)
      removed, bytes = removed + 1, bytes + length
    else
      is_through = false
      break
    end
    last, walked = id, walked + 1
  end
end

if removed > 0 then
  local count = math.max(tonumber(known[3] or 0) - removed, 0)
  redis.call('HSET', box, 'c', count, 'b', math.max(tonumber(known[4] or 0) - bytes, 0))
  if count == 0 then
    redis.call('UNLINK', mail)
  end
end
if not is_through then
  redis.call('ZADD', due, now, owner)
  redis.call('HSET', box, 'y', string.format('%.0f', now), 'w', last)
  if soonest < math.huge then
    redis.call('HSET', box, 'm', string.format('%.0f', soonest))
  end
  return removed
end
redis.call('HDEL', box, 'w', 'm')
if soonest == math.huge then
  redis.call('ZREM', due, owner)
  redis.call('HDEL', box, 'y')
else
  redis.call('ZADD', due, soonest, owner)
  redis.call('HSET', box, 'y', string.format('%.0f', soonest))
end
redis.call('ZREMRANGEBYSCORE', dedupe, '-inf', ARGV[1])
if redis.call('EXISTS', dedupe) == 0 then
  redis.call('HDEL', box, 'z')
end
return removed
