-- Leases lanes whose time has come.
-- ARGV: token, lease in ms, lanes at most, entries and bytes of each at most
-- Answers {entries of the list, of the stream, ms until the next lane's time or -1, lane, n, n times (id, failures, entry), …}
local token, lease, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local answer = {redis.call('LLEN', list), redis.call('XLEN', stream), -1}
for _, lane in ipairs(redis.call('ZRANGEBYSCORE', lanes, '-inf', now, 'LIMIT', 0, most)) do
  local head = {}
  local found = read(lane, tonumber(ARGV[4]), tonumber(ARGV[5]), head)
  if found == 0 then
    leave(lane, now)
  else
    redis.call('HSET', holders, lane, token)
    put_lane(lane, now + lease)
    answer[#answer + 1] = lane
    answer[#answer + 1] = found
    for _, value in ipairs(head) do
      answer[#answer + 1] = value
    end
  end
end
local next = redis.call('ZRANGE', lanes, 0, 0, 'WITHSCORES')[2]
if next then
  answer[3] = math.max(0, tonumber(next) - now)
end
return answer
