-- Puts an entry among the dead.
-- ARGV: lane, token, id, dead letters at most, endpoint, attempts, reason
-- Answers whether the lane was the token's.
local entry = redis.call('HGET', entries, ARGV[3])
if not holds(ARGV[1], ARGV[2]) then
  return 0
end
if entry then
  bury(ARGV[4], entry, ARGV[5], ARGV[6], ARGV[7])
end
drop(ARGV[1], ARGV[3])
return 1
