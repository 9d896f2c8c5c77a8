-- Ends what a holder has in hand, at once or after a while.
-- KEYS: box, mail, flight
-- ARGV: now, owner, holder, when its marks end at the latest, base of channels, the caller's channel
-- Answers 1 if readers in the caller's process have to be rung
local box, mail, flight = unpack(KEYS)
local now, holder, ends = tonumber(ARGV[1]), ARGV[3], tonumber(ARGV[4])
local state = open(box, flight, now, '', LAX)
local held, free = state.holders[holder], 0
if held then
  held.ends, held.lingers = math.min(held.ends, ends), true
  if held.ends <= now then
    free = state:void(holder)
  else
    state:keep(holder)
  end
end
if state.readers[holder] then
  local stay = string.gsub(state.kept.r, '(%d+),[^\n]*\n', function(epoch)
    if 's' .. epoch == holder then
      return ''
    end
  end)
  state.kept.r = stay
  if stay == '' then
    redis.call('HDEL', box, 'r')
    rest(box)
  else
    redis.call('HSET', box, 'r', stay)
  end
end
if free > 0 then
  return ring(state.kept.r, ARGV[5], ARGV[6], 'M' .. ARGV[2])
end
return 0
