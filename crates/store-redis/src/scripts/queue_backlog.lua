-- What a queue holds.
-- KEYS: meta, order, ready, due, jobs
-- ARGV: now
-- Answers {jobs, those that can be claimed, bytes, the oldest job's head}
local meta, order, ready, due, jobs = unpack(KEYS)
local claimable = redis.call('ZCARD', ready) + redis.call('ZCOUNT', due, '-inf', ARGV[1])
local oldest = redis.call('ZRANGE', order, 0, 0)[1]
local job = oldest and redis.call('HGET', jobs, oldest)
return {
  redis.call('ZCARD', order), claimable, tonumber(redis.call('HGET', meta, 'b') or 0),
  job and string.sub(job, 1, 8) or '',
}
