-- Keeps a letter and wakes the readers of its mailbox.
-- KEYS: box, mail, body, dedupe, due
-- ARGV: now, expires, end of the dedupe window, messages allowed, bytes allowed, dedupe, incarnation, size, head, body,
--       owner, base of channels, the caller's channel
-- Answers {0} for a duplicate, {1} for a full mailbox, {2, sequence, listeners}
local box, mail, body, dedupe, due = unpack(KEYS)
local now, expires, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local size, owner = tonumber(ARGV[8]), ARGV[11]

local seen = redis.call('ZSCORE', dedupe, ARGV[6])
if seen and tonumber(seen) > now then
  return {0}
end
local kept = redis.call('HMGET', box, 'n', 'c', 'b', 'r', 'x', 'y', 'z', 'v')
local count, bytes = tonumber(kept[2] or 0), tonumber(kept[3] or 0)
if count + 1 > tonumber(ARGV[4]) or bytes + size > tonumber(ARGV[5]) then
  return {1}
end

local sequence = string.format('%.0f', (tonumber(kept[1] or 0)) + 1)
local id = sequence .. '-' .. ARGV[7]
redis.call('XADD', mail, id, 'm', ARGV[9])
redis.call('HSET', body, id, ARGV[10])
redis.call('ZADD', dedupe, ARGV[3], ARGV[6])
local news = {'n', sequence, 'c', count + 1, 'b', bytes + size}

-- Dedupe entries are trimmed once per window, when the key's life is prolonged.
if window > tonumber(kept[7] or 0) then
  redis.call('ZREMRANGEBYSCORE', dedupe, '-inf', ARGV[1])
  redis.call('PEXPIRE', dedupe, 2 * (window - now))
  news[#news + 1] = 'z'
  news[#news + 1] = window + (window - now)
end
-- One entry per mailbox says when it has to be looked at; it is never later than the first expiry.
if expires < tonumber(kept[6] or math.huge) then
  redis.call('ZADD', due, ARGV[2], owner)
  news[#news + 1] = 'y'
  news[#news + 1] = ARGV[2]
end
-- Nothing outlives what is in it for long, even if nobody ever comes back to it.
local horizon, ends = life(now, expires), tonumber(kept[5] or 0)
local prolongs = horizon > ends
if prolongs then
  ends = horizon + DAY
  news[#news + 1] = 'x'
  news[#news + 1] = ends
end
local outlives = ends > tonumber(kept[8] or 0)
if outlives then
  news[#news + 1] = 'v'
  news[#news + 1] = ends
end
redis.call('HSET', box, unpack(news))
if outlives then
  redis.call('PEXPIRE', box, ends - now)
end
if prolongs or count == 0 then
  redis.call('PEXPIRE', mail, ends - now)
  redis.call('PEXPIRE', body, ends - now)
end

return {2, sequence, ring(kept[4], ARGV[12], ARGV[13], 'M' .. owner)}
