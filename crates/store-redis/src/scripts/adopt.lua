-- Makes a session a reader again that an engine forgot when it lost its tail. No newer one is known: it reads alone. Those that shared with
-- it claim anew when they find themselves unknown.
local function adopt(box, kept, epoch, channel, instance, now)
  local readers = epoch .. ',1,' .. channel .. ',' .. instance .. '\n'
  redis.call('HSET', box, 'e', epoch, 'r', readers)
  kept.e, kept.r = epoch, readers
  if not kept.o then
    redis.call('HSET', box, 'o', epoch .. ',S,' .. instance .. ',0')
  end
  prolong(box, now, kept.v)
end
