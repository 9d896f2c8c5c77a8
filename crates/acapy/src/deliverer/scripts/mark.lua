-- Writes down that an entry is being tried, before it is.
-- ARGV: lane, token, id, failures so far
-- Answers whether the lane was the token's.
if not holds(ARGV[1], ARGV[2]) then
  return 0
end
redis.call('HSET', failures, ARGV[3], ARGV[4])
return 1
