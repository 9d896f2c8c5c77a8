-- A sign of life of a process that listens.
-- KEYS: readers, spaces, log, wakes
-- ARGV: process, for how many milliseconds one that shows no life is remembered
-- Answers {last id of the log, last id of the wakes, {space, its generation, …}, 1 if the process was not known}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local is_new = redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[2]))
-- One that was refused at its start, or was the last, leaves nothing behind.
redis.call('PEXPIRE', KEYS[1], 2 * tonumber(ARGV[2]))
local function last(stream)
  local entry = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  return entry and entry[1] or '0-0'
end
return {last(KEYS[3]), last(KEYS[4]), redis.call('HGETALL', KEYS[2]), is_new}
