-- Counts what waits and is in nobody's hands.
-- KEYS: box, mail, flight
-- ARGV: now, live instances, how to take others, tag of the destination or '', where to go on or ''
-- Answers {-1} if the living must be looked up, {1, messages, bytes, head of the oldest, head of the newest, where to go on or ''}
local box, mail, flight = unpack(KEYS)
local tag, from, walked = ARGV[4], ARGV[5] == '' and '-' or '(' .. ARGV[5], 0
local WALK = 4096
local state = open(box, flight, tonumber(ARGV[1]), ARGV[2], ARGV[3])
if not state then
  return {-1}
end
local count, bytes = tonumber(state.kept.c or 0), tonumber(state.kept.b or 0)
local oldest, newest = false, false

-- The first or the last that nobody has.
local function edge(command, from, to)
  while true do
    local page = redis.call(command, mail, from, to, 'COUNT', 16)
    for _, entry in ipairs(page) do
      if not state:hides(entry[1]) then
        return entry[2][2]
      end
    end
    if #page < 16 then
      return false
    end
    from = '(' .. page[#page][1]
  end
end

if tag == '' then
  for id in pairs(state.marks or {}) do
    local about = redis.call('XRANGE', mail, id, id)[1]
    if about then
      local _, _, length = struct.unpack('>I8I8I4', about[2][2])
      count, bytes = count - 1, bytes - length
    end
  end
  if count > 0 then
    oldest, newest = edge('XRANGE', '-', '+'), edge('XREVRANGE', '+', '-')
  end
else
  count, bytes = 0, 0
  repeat
    local page = redis.call('XRANGE', mail, from, '+', 'COUNT', 128)
    for _, entry in ipairs(page) do
      local about = entry[2][2]
      if string.sub(about, 21) == tag and not state:hides(entry[1]) then
        local _, _, length = struct.unpack('>I8I8I4', about)
        count, bytes = count + 1, bytes + length
        oldest, newest = oldest or about, about
      end
    end
    walked = walked + #page
    from = #page == 128 and '(' .. page[128][1]
  until not from or walked >= WALK
end
return {1, count, bytes, oldest, newest, tag ~= '' and from and string.sub(from, 2) or ''}
