-- Who has mail in hand. `look` is how to take instances that `alive` does not name.
local ASK, STRICT, LAX = '0', '1', '2'

local Flight = {}
Flight.__index = Flight

-- The valid holders and marks of a mailbox; nil if it must be known first whether an instance is alive.
local function open(box, flight, now, alive, look)
  local self = setmetatable({box = box, flight = flight, holders = {}, readers = {}, kept = {}, any = false}, Flight)
  local fields = redis.call('HGETALL', box)
  for i = 1, #fields, 2 do
    local field, value = fields[i], fields[i + 1]
    if #field > 1 then
      local ends, lingers, last, head, channel = string.match(value, '^(%d+),(%d),(%d+),([^,]*),(.*)$')
      self.holders[field] = {
        ends = tonumber(ends), lingers = lingers == '1', last = tonumber(last), head = head, channel = channel,
      }
      self.any = true
    else
      self.kept[field] = value
    end
  end
  for epoch, company, channel, instance in string.gmatch(self.kept.r or '', '(%d+),(%d),([^,]+),([^\n]*)\n') do
    self.readers['s' .. epoch] = {epoch = tonumber(epoch), company = company, channel = channel, instance = instance}
  end
  if self.any then
    self:load()
    local ended = {}
    for name, holder in pairs(self.holders) do
      local over = holder.ends <= now
      if not over and not holder.lingers and string.sub(name, 1, 1) == 's' then
        if not self.readers[name] then
          over = true
        elseif look ~= LAX and not string.find(alive, ',' .. self.readers[name].instance .. ',', 1, true) then
          if look == ASK then
            return nil
          end
          over = true
        end
      end
      if over then
        ended[#ended + 1] = name
      end
    end
    for _, name in ipairs(ended) do
      self:void(name)
    end
  end
  return self
end

function Flight:load()
  self.marks = {}
  local fields = redis.call('HGETALL', self.flight)
  for i = 1, #fields, 2 do
    self.marks[fields[i]] = fields[i + 1]
  end
end

-- Writes a holder down.
function Flight:keep(name)
  local holder = self.holders[name]
  local lingers = holder.lingers and '1' or '0'
  redis.call('HSET', self.box, name, string.format('%.0f,%s,%.0f,%s,%s', holder.ends, lingers, holder.last,
    holder.head, holder.channel))
end

-- Takes marks from `name`, those of leases numbered `from` and up. Says how many messages nobody has any more.
function Flight:unmark(name, from)
  local free = 0
  for id, mark in pairs(self.marks) do
    if string.find(mark, name .. ':', 1, true) then
      local rest = {}
      for holder, number in string.gmatch(mark, '([^:;]+):(%d+)') do
        if holder ~= name or tonumber(number) < from then
          rest[#rest + 1] = holder .. ':' .. number
        end
      end
      local left = table.concat(rest, ';')
      if left == '' then
        self.marks[id] = nil
        redis.call('HDEL', self.flight, id)
        free = free + 1
      elseif left ~= mark then
        self.marks[id] = left
        redis.call('HSET', self.flight, id, left)
      end
    end
  end
  -- What is free again may lie before what others have gone past.
  for other, holder in pairs(self.holders) do
    if holder.head ~= '' then
      holder.head = ''
      self:keep(other)
    end
  end
  return free
end

-- Ends a holder.
function Flight:void(name)
  local free = self:unmark(name, 0)
  self.holders[name] = nil
  redis.call('HDEL', self.box, name)
  return free
end

-- Whether `viewer` may not be given this; without a viewer, whether anybody has it.
function Flight:hides(id, viewer)
  local mark = self.marks and self.marks[id]
  if not mark then
    return false
  end
  if not viewer then
    return true
  end
  for holder in string.gmatch(mark, '([^:;]+):%d+') do
    if holder == viewer or not self.readers[holder] then
      return true
    end
  end
  return false
end
