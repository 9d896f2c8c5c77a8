#!lua flags=allow-oom
-- Removes answers that nobody has taken.
-- KEYS: the list
-- ARGV: how many entries to look at, the hashes of those to remove
local gone = {}
for place = 2, #ARGV do
  gone[ARGV[place]] = true
end
for _, entry in ipairs(redis.call('LRANGE', KEYS[1], 0, tonumber(ARGV[1]) - 1)) do
  if gone[redis.sha1hex(entry)] then
    redis.call('LREM', KEYS[1], 1, entry)
  end
end
return 1
