-- Moves entries of the stream into lanes.
-- ARGV: token, dead letters at most, entries of a lane at most, the field that holds an entry, then stream id, lane or '',
-- endpoint, reason, …
-- Answers how many were moved.
check()
local moved = 0
for at = 5, #ARGV, 4 do
  local found = redis.call('XRANGE', stream, ARGV[at], ARGV[at])[1]
  if found then
    place(field(found, ARGV[4]), ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[2], tonumber(ARGV[3]))
    redis.call('XDEL', stream, ARGV[at])
    moved = moved + 1
  end
end
done(ARGV[1])
return moved
