-- Puts jobs at the end of a queue.
-- KEYS: meta, order, ready, jobs, idle
-- ARGV: now, incarnation, room for jobs, room for bytes, the jobs
-- Answers 0 if they have no room, 1 if they are kept, 2 if a consumer has also to be rung
local meta, order, ready, jobs, idle = unpack(KEYS)
local count, bytes = #ARGV - 4, 0
for i = 5, #ARGV do
  bytes = bytes + #ARGV[i]
end
local kept = redis.call('HMGET', meta, 'n', 'b')
local held = tonumber(kept[2] or 0)
if redis.call('ZCARD', order) + count > tonumber(ARGV[3]) or held + bytes > tonumber(ARGV[4]) then
  return 0
end
if count == 0 then
  return 1
end
local number, pushed = tonumber(kept[1] or 0), struct.pack('>I8', tonumber(ARGV[1]))
for i = 5, #ARGV do
  number = number + 1
  local id = struct.pack('>I8', number) .. ARGV[2]
  redis.call('HSET', jobs, id, pushed .. ARGV[i])
  redis.call('ZADD', order, 0, id)
  redis.call('ZADD', ready, 0, id)
end
redis.call('HSET', meta, 'n', string.format('%.0f', number), 'b', string.format('%.0f', held + bytes))
return 1 + redis.call('DEL', idle)
