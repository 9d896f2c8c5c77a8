-- Uses an invitation up.
-- KEYS: invitation
-- ARGV: now, who uses it
-- Answers 1, also if the same has used it before; 0 if it is another's, void or unknown
local values = redis.call('HMGET', KEYS[1], 'e', 'u')
local expires, user = values[1], values[2]
if user then
  return user == ARGV[2] and 1 or 0
elseif not expires or tonumber(expires) <= tonumber(ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'u', ARGV[2])
return 1
