-- Removes a job.
-- KEYS: meta, order, ready, due, jobs, tries
-- ARGV: id
-- Answers whether it was there
local meta, order, ready, due, jobs, tries = unpack(KEYS)
local size = redis.call('HSTRLEN', jobs, ARGV[1])
if size == 0 then
  return 0
end
redis.call('HDEL', jobs, ARGV[1])
redis.call('HDEL', tries, ARGV[1])
for _, set in ipairs({order, ready, due}) do
  redis.call('ZREM', set, ARGV[1])
end
if redis.call('ZCARD', order) == 0 then
  redis.call('UNLINK', meta)
else
  redis.call('HINCRBY', meta, 'b', 8 - size)
end
return 1
