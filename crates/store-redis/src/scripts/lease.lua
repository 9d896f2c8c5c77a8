-- Gives the oldest mail that may be given.
-- KEYS: box, mail, body, flight
-- ARGV: now, live instances, how to take others, owner, holder or '' for a peek, until, messages, bytes, window,
--       tag of the destination or '', number of this lease, first doubtful lease, channel, instance, where to go on or ''
-- Answers {-1} if the living must be looked up, {0} if the holder reads no more, {1, id, head, body, …}, and {2, where to go on} if there
-- was none with the tag so far: Redis does nothing else while it looks
local box, mail, body, flight = unpack(KEYS)
local now, holder = tonumber(ARGV[1]), ARGV[5]
local messages, bytes, window = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local tag, number, instance = ARGV[10], tonumber(ARGV[11]), ARGV[14]
local peeks, epoch = holder == '', string.match(holder, '^s(%d+)$')
local state = open(box, flight, now, ARGV[2], epoch and LAX or ARGV[3])
if not state then
  return {-1}
end

if epoch and not state.readers[holder] then
  if tonumber(state.kept.e or 0) >= tonumber(epoch) then
    return {0}
  end
  -- The engine has lost what was newer than its last copy, and this reader with it.
  adopt(box, state.kept, epoch, ARGV[13], instance, now)
end

local me = state.holders[holder]
-- The caller counts its leases. Nobody waits any more for one that comes after a later one, and what
-- was given by those it doubts never came to it.
if me and me.channel == ARGV[13] then
  if me.last > number then
    return {1}
  elseif me.last >= tonumber(ARGV[12]) then
    state:unmark(holder, tonumber(ARGV[12]))
  end
end
local mine = 0
if not peeks then
  if state.marks then
    for _, mark in pairs(state.marks) do
      if string.find(mark, holder .. ':', 1, true) then
        mine = mine + 1
      end
    end
  end
end

local wanted = math.min(messages, window - mine)
local taken, given, size = {}, {1}, 0
local head, contiguous = me and me.head or '', epoch ~= nil and ARGV[15] == ''
local from = ARGV[15] ~= '' and '(' .. ARGV[15] or head == '' and '-' or '(' .. head
local WALK, walked = 4096, 0
local full = tonumber(state.kept.c or 0) == 0 or wanted <= 0
while not full do
  local chunk = math.min(math.max(wanted - #taken, 8), 128)
  local page = redis.call('XRANGE', mail, from, '+', 'COUNT', chunk)
  for _, entry in ipairs(page) do
    local id, about = entry[1], entry[2][2]
    if state:hides(id, epoch and holder) then
      head = contiguous and id or head
    elseif tag ~= '' and string.sub(about, 21) ~= tag then
      contiguous = false
    else
      local _, _, length = struct.unpack('>I8I8I4', about)
      size = size + length
      full = #taken == wanted or (#taken > 0 and size > bytes)
      if full then
        break
      end
      taken[#taken + 1] = id
      given[#given + 1] = id
      given[#given + 1] = about
      given[#given + 1] = false
      head = contiguous and id or head
    end
  end
  walked = walked + #page
  if #page < chunk then
    full = true
  elseif not full then
    full = #taken == wanted
    from = '(' .. page[#page][1]
    if walked >= WALK and tag ~= '' then
      if #taken == 0 then
        return {2, page[#page][1]}
      end
      full = true
    end
  end
end

for i, id in ipairs(taken) do
  given[1 + 3 * i] = redis.call('HGET', body, id)
end
if peeks or (not me and #taken == 0) then
  return given
end
if #taken > 0 then
  if not state.any then
    redis.call('UNLINK', flight)
  end
  for _, id in ipairs(taken) do
    local others = state.marks and state.marks[id]
    redis.call('HSET', flight, id, (others and others .. ';' or '') .. holder .. ':' .. ARGV[11])
  end
  redis.call('PEXPIRE', flight, MONTH)
end
state.holders[holder] =
  {ends = tonumber(ARGV[6]), lingers = false, last = number, head = epoch and head or '', channel = ARGV[13]}
state:keep(holder)
return given
