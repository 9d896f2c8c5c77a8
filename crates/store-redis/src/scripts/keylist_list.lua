-- A page of a keylist.
-- KEYS: keys
-- ARGV: offset, limit
-- Answers {length, {destination, …}}
local offset, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
local page = {}
if limit > 0 then
  page = redis.call('ZRANGE', KEYS[1], offset, offset + limit - 1)
end
return {redis.call('ZCARD', KEYS[1]), page}
