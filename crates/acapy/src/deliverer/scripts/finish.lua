-- Forgets an entry that arrived, and reads on if so wished.
-- ARGV: lane, token, lease in ms, entries and bytes at most, the entry's id or ''
-- Answers {0: no longer the token's, 1: still, 2: given back, nothing is left, then (id, failures, entry), …}
local lane, most = ARGV[1], tonumber(ARGV[4])
if not holds(lane, ARGV[2]) then
  return {0}
end
if ARGV[6] ~= '' then
  drop(lane, ARGV[6])
end
local answer = {1}
if most > 0 and read(lane, most, tonumber(ARGV[5]), answer) == 0 then
  leave(lane, now)
  return {2}
end
put_lane(lane, now + tonumber(ARGV[3]))
return answer
