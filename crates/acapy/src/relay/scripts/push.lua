#!lua
-- Puts an entry at the end of a list.
-- KEYS: the list
-- ARGV: entry, how many the list may hold, 1 if it may have been put there already
-- Answers whether there was room
local REMEMBERED = 1000
if ARGV[3] == '1' and redis.call('LPOS', KEYS[1], ARGV[1], 'RANK', -1, 'MAXLEN', REMEMBERED) then
  return 1
end
if redis.call('LLEN', KEYS[1]) >= tonumber(ARGV[2]) then
  return 0
end
redis.call('RPUSH', KEYS[1], ARGV[1])
return 1
