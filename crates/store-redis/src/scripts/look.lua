-- Looks through mailboxes of one partition that are read in one process.
-- KEYS: box and flight of each
-- ARGV: now, channel, instance, then the epoch of the newest reader of each
-- Answers for each 0 for nothing new, 1 for mail, 2 if the session reads no more
local now, channel, instance = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local answer = {}
for i = 1, #KEYS / 2 do
  local box, flight, epoch = KEYS[2 * i - 1], KEYS[2 * i], ARGV[3 + i]
  local values = redis.call('HMGET', box, 'e', 'r', 'o', 'v', 'c')
  local kept = {e = values[1], r = values[2] or nil, o = values[3], v = values[4]}
  local reads = string.find('\n' .. (kept.r or ''), '\n' .. epoch .. ',', 1, true)
  if not reads and tonumber(kept.e or 0) < tonumber(epoch) then
    adopt(box, kept, epoch, channel, instance, now)
    reads = true
  end
  local found = 0
  if not reads then
    found = 2
  else
    prolong(box, now, kept.v)
    local count = tonumber(values[5] or 0)
    if count > 0 then
      if redis.call('HLEN', flight) < count then
        found = 1
      else
        for _, field in ipairs(redis.call('HKEYS', box)) do
          if #field > 1 and field ~= 's' .. epoch then
            found = 1
          end
        end
      end
    end
  end
  answer[i] = found
end
return answer
