-- Hands out jobs.
-- KEYS: ready, due, jobs, tries, idle
-- ARGV: now, limit, until, for how long it is remembered that a consumer waits
-- Answers {when the next one is due or '', id, attempt, job, …}
local ready, due, jobs, tries, idle = unpack(KEYS)
local now, limit, ends = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
for _, id in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, limit + 1000)) do
  redis.call('ZREM', due, id)
  redis.call('ZADD', ready, 0, id)
end
local answer = {''}
local taken = limit > 0 and redis.call('ZRANGE', ready, 0, limit - 1) or {}
for _, id in ipairs(taken) do
  redis.call('ZREM', ready, id)
  redis.call('ZADD', due, string.format('%.0f', ends), id)
  answer[#answer + 1] = id
  answer[#answer + 1] = tostring(redis.call('HINCRBY', tries, id, 1))
  answer[#answer + 1] = redis.call('HGET', jobs, id)
end
if #taken < limit then
  redis.call('SET', idle, 1, 'PX', ARGV[4])
end
local soonest = redis.call('ZRANGEBYSCORE', due, '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
if soonest[2] then
  answer[1] = string.format('%.0f', tonumber(soonest[2]))
end
return answer
