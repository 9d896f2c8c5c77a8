-- Removes mail whose time has passed, and says when to come again.
-- KEYS: box, mail, body, dedupe, flight, due
-- ARGV: now, owner, how many at most
-- Answers how many were removed
local box, mail, body, dedupe, flight, due = unpack(KEYS)
local now, owner, limit = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local removed, bytes, soonest = 0, 0, math.huge
local from = '-'
repeat
  local page = redis.call('XRANGE', mail, from, '+', 'COUNT', 128)
  for _, entry in ipairs(page) do
    local id = entry[1]
    local _, expires, length = struct.unpack('>I8I8I4', entry[2][2])
    if expires <= now and removed < limit then
      redis.call('XDEL', mail, id)
      redis.call('HDEL', body, id)
      redis.call('HDEL', flight, id)
      removed, bytes = removed + 1, bytes + length
    else
      soonest = math.min(soonest, expires)
    end
  end
  from = #page > 0 and '(' .. page[#page][1]
until #page < 128

if removed > 0 then
  local kept = redis.call('HMGET', box, 'c', 'b')
  local count = math.max(tonumber(kept[1] or 0) - removed, 0)
  redis.call('HSET', box, 'c', count, 'b', math.max(tonumber(kept[2] or 0) - bytes, 0))
  if count == 0 then
    redis.call('UNLINK', mail)
  end
end
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
