-- Gives a lane back, for later.
-- ARGV: lane, token, from when on in ms from now, id of the head or '', its failures so far
-- Answers whether the lane was the token's.
if not holds(ARGV[1], ARGV[2]) then
  return 0
end
if ARGV[4] ~= '' then
  redis.call('HSET', failures, ARGV[4], ARGV[5])
end
leave(ARGV[1], now + tonumber(ARGV[3]))
return 1
