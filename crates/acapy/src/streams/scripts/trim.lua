#!lua flags=allow-oom
-- Removes the entries of a stream that every group is done with.
-- KEYS: the stream
-- Answers how many were removed
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
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

local function behind(id)
  local millis, number = parts(id)
  return string.format('%.0f-%.0f', millis, number + 1)
end

-- The first entry that some group has still to deal with, or the next that comes.
local first
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local said = {}
  for at = 1, #group, 2 do
    said[group[at]] = group[at + 1]
  end
  local id = redis.call('XPENDING', KEYS[1], said.name)[2] or behind(said['last-delivered-id'])
  if not first or is_before(id, first) then
    first = id
  end
end
return first and redis.call('XTRIM', KEYS[1], 'MINID', first) or 0
