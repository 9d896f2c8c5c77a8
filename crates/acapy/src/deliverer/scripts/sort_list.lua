-- Moves the head of the list into lanes: what is there now, as long as it is what was looked at.
-- ARGV: token, dead letters at most, entries of a lane at most, '', then fingerprint, lane or '', endpoint, reason, …
-- Answers how many were moved.
check()
local moved = 0
for at = 5, #ARGV, 4 do
  local entry = redis.call('LINDEX', list, 0)
  if not entry or redis.sha1hex(entry) ~= ARGV[at] then
    break
  end
  place(entry, ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[2], tonumber(ARGV[3]))
  redis.call('LPOP', list)
  moved = moved + 1
end
done(ARGV[1])
return moved
