-- Acknowledges entries of a stream, and removes those that every group is done with.
-- KEYS: stream. ARGV: group, id, …
redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 2))
local groups = redis.call('XINFO', 'GROUPS', KEYS[1])
if #groups == 1 then
  return redis.call('XDEL', KEYS[1], unpack(ARGV, 2))
end

local function parts(id)
  local millis, number = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(millis), tonumber(number)
end

local function is_before(one, other)
  local one_millis, one_number = parts(one)
  local other_millis, other_number = parts(other)
  return one_millis < other_millis or (one_millis == other_millis and one_number < other_number)
end

-- The first entry that some group has still to deal with, or at least the last that all have read.
local first
for _, group in ipairs(groups) do
  local said = {}
  for at = 1, #group, 2 do
    said[group[at]] = group[at + 1]
  end
  local id = redis.call('XPENDING', KEYS[1], said.name)[2] or said['last-delivered-id']
  if not first or is_before(id, first) then
    first = id
  end
end
return redis.call('XTRIM', KEYS[1], 'MINID', first)
