#!lua flags=allow-oom
-- The head of a list.
-- KEYS: the list
-- ARGV: entries and bytes at most, bytes of one entry at most
-- Answers {fingerprint, length, entry or '' if it is too large, …}
local answer, bytes, largest = {}, tonumber(ARGV[2]), tonumber(ARGV[3])
for at = 0, tonumber(ARGV[1]) - 1 do
  local entry = redis.call('LINDEX', KEYS[1], at)
  local shown = entry and #entry <= largest and entry or ''
  if not entry or (at > 0 and bytes < #shown) then
    break
  end
  bytes = bytes - #shown
  answer[#answer + 1] = redis.sha1hex(entry)
  answer[#answer + 1] = #entry
  answer[#answer + 1] = shown
end
return answer
