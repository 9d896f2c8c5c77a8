-- The head of the stream, for the one who sorts.
-- ARGV: token, for how long it sorts in ms, entries and bytes at most, bytes of one entry at most, the field that holds it
-- Answers {id, entry or '' if there is none or it is too large, …}
if not redis.call('SET', sorter, ARGV[1], 'NX', 'PX', ARGV[2]) then
  return {}
end
local answer, bytes, largest = {}, tonumber(ARGV[4]), tonumber(ARGV[5])
for _, found in ipairs(redis.call('XRANGE', stream, '-', '+', 'COUNT', ARGV[3])) do
  local entry = field(found, ARGV[6])
  if #answer > 0 and bytes < #entry then
    break
  end
  bytes = bytes - #entry
  answer[#answer + 1] = found[1]
  answer[#answer + 1] = #entry <= largest and entry or ''
end
return answer
