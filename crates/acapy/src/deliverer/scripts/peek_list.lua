-- The head of the list, for the one who sorts.
-- ARGV: token, for how long it sorts in ms, entries and bytes at most, bytes of one entry at most, ''
-- Answers {fingerprint, entry or '' if it is too large, …}
if not redis.call('SET', sorter, ARGV[1], 'NX', 'PX', ARGV[2]) then
  return {}
end
local answer, bytes, largest = {}, tonumber(ARGV[4]), tonumber(ARGV[5])
for at = 0, tonumber(ARGV[3]) - 1 do
  local entry = redis.call('LINDEX', list, at)
  if not entry or (at > 0 and bytes < #entry) then
    break
  end
  bytes = bytes - #entry
  answer[#answer + 1] = redis.sha1hex(entry)
  answer[#answer + 1] = #entry <= largest and entry or ''
end
return answer
