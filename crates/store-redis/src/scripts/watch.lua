-- Makes a session a reader.
-- KEYS: box, flight
-- ARGV: now, owner, epoch, company (1 alone, 2 shared), when the marks of displaced sessions end at the latest, channel,
--       instance, base of channels
-- Answers 1, or 0 if a newer one reads already and one of both is alone
local box, flight = unpack(KEYS)
local now, epoch, company, ends = tonumber(ARGV[1]), tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
local MANY = 32
local state = open(box, flight, now, '', LAX)
for _, reader in pairs(state.readers) do
  if reader.epoch > epoch and (company == '1' or reader.company == '1') then
    return 0
  end
end

local stay = {}
for name, reader in pairs(state.readers) do
  if company == '2' and reader.epoch ~= epoch then
    stay[#stay + 1] = reader
  end
end
table.sort(stay, function(a, b) return a.epoch > b.epoch end)
local lines = {string.format('%.0f,%s,%s,%s\n', epoch, company, ARGV[6], ARGV[7])}
local remain = {['s' .. ARGV[3]] = true}
for i = 1, math.min(#stay, MANY - 1) do
  local reader = stay[i]
  lines[#lines + 1] = string.format('%.0f,%s,%s,%s\n', reader.epoch, reader.company, reader.channel, reader.instance)
  remain[string.format('s%.0f', reader.epoch)] = true
end
redis.call('HSET', box, 'r', table.concat(lines), 'e', string.format('%.0f', math.max(tonumber(state.kept.e or 0), epoch)))
prolong(box, now, state.kept.v)

if company == '1' then
  ring(state.kept.r, ARGV[8], ARGV[6], 'D' .. ARGV[2] .. ARGV[3])
end
for name, holder in pairs(state.holders) do
  if string.sub(name, 1, 1) == 's' and not remain[name] then
    holder.ends, holder.lingers = math.min(holder.ends, ends), true
    if holder.ends <= now then
      state:void(name)
    else
      state:keep(name)
    end
  end
end
return 1
