#!lua flags=allow-oom
-- Takes the answers for one relay out of a list that all share.
-- KEYS: the list
-- ARGV: what the txn_ids of this relay begin with, how many entries to look at
-- Answers {entries for this relay, entries for others}
local mine, others = {}, {}
for _, entry in ipairs(redis.call('LRANGE', KEYS[1], 0, tonumber(ARGV[2]) - 1)) do
  if string.find(entry, ARGV[1], 1, true) then
    mine[#mine + 1] = entry
  else
    others[#others + 1] = redis.sha1hex(entry)
  end
end
for _, entry in ipairs(mine) do
  redis.call('LREM', KEYS[1], 1, entry)
end
return {mine, others}
