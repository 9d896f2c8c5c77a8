-- Sets when a job can be claimed again.
-- KEYS: ready, due, jobs, tries, idle
-- ARGV: now, id, attempt, when
-- Answers 0 if the ticket is void, 1 if it is done, 2 if a consumer has also to be rung
local ready, due, jobs, tries, idle = unpack(KEYS)
local id = ARGV[2]
if redis.call('HEXISTS', jobs, id) == 0 or redis.call('HGET', tries, id) ~= ARGV[3] then
  return 0
end
if tonumber(ARGV[4]) <= tonumber(ARGV[1]) then
  redis.call('ZREM', due, id)
  redis.call('ZADD', ready, 0, id)
  return 1 + redis.call('DEL', idle)
end
redis.call('ZREM', ready, id)
redis.call('ZADD', due, ARGV[4], id)
return 1
