#!lua
-- Puts an entry at the end of a stream.
-- KEYS: the stream
-- ARGV: how many the stream may hold, field, value
-- Answers whether there was room
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then
  return 0
end
redis.call('XADD', KEYS[1], '*', ARGV[2], ARGV[3])
return 1
