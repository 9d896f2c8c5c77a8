-- Tells all processes that entries are void.
-- KEYS: readers, spaces, log
-- ARGV: process, how many entries of the log are kept, for how many milliseconds a process counts as living, space to be
--       cleared or '', the entries
-- Answers {id in the log, {space, its generation, …}, {processes that have to hear of it, …}}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local entry = {'f', ARGV[1]}
if ARGV[4] ~= '' then
  entry[3], entry[4] = 'c', ARGV[4]
  entry[5], entry[6] = 'g', tostring(redis.call('HINCRBY', KEYS[2], ARGV[4], 1))
end
for i = 5, #ARGV do
  entry[#entry + 1] = 'k'
  entry[#entry + 1] = ARGV[i]
end
local id = redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[2], '*', unpack(entry))
local readers = redis.call('ZRANGEBYSCORE', KEYS[1], now - tonumber(ARGV[3]), '+inf')
return {id, redis.call('HGETALL', KEYS[2]), readers}
