#!lua flags=allow-oom
-- Removes the head of a list, as long as it is what was looked at.
-- KEYS: the list
-- ARGV: fingerprints
-- Answers how many entries were removed
for at, fingerprint in ipairs(ARGV) do
  local entry = redis.call('LINDEX', KEYS[1], 0)
  if not entry or redis.sha1hex(entry) ~= fingerprint then
    return at - 1
  end
  redis.call('LPOP', KEYS[1])
end
return #ARGV
