-- What the scripts of a mailbox share. Times are milliseconds.
--
-- The box is a hash:
--   e      the last epoch that was given        o  the claim: epoch,role,instance,nonce
--   n      the last sequence number             c  messages               b  bytes of their envelopes
--   r      readers, a line each: epoch,company,channel,instance
--   v, x, z  until when box, mail, dedupe live  y  when `due` has it
--   w, m   how far a look for what has expired has come, and the first expiry that it found
--   s<epoch>, q<number>  a holder: until,lingers,number of its last lease,head,channel
--          (head: it may be given nothing up to this id; channel: of the process that leased)
-- mail is a stream of sequence-incarnation: received, expires, size, tag of the destination.
-- body is a hash of the same ids: destination and envelope.
-- flight is a hash of the same ids: who has it, as holder:number of the lease, separated by semicolons.
local DAY = 86400000
local MONTH = 30 * DAY
local DECADE = 3650 * DAY

-- Until when the keys of a mailbox have to live.
local function life(now, expires)
  return now + math.max(MONTH, math.min(expires - now, DECADE))
end

-- Tells the processes in which readers are, except `mine`. Says how many listen, a guess.
local function ring(readers, base, mine, what)
  local told, listening = {}, 0
  for channel in string.gmatch(readers or '', '%d+,%d,([^,]+),[^\n]*\n') do
    if channel == mine then
      listening = listening + 1
    elseif not told[channel] then
      told[channel] = true
      listening = listening + redis.call('SPUBLISH', base .. channel, what)
    end
  end
  return listening
end

-- Lets a box with nothing in it go soon. Epochs grow by the clock too, so that nothing is lost with it.
local function rest(box)
  local kept = redis.call('HMGET', box, 'c', 'r', 'o')
  if tonumber(kept[1] or 0) == 0 and (kept[2] or '') == '' and not kept[3] then
    redis.call('HDEL', box, 'v')
    redis.call('PEXPIRE', box, DAY / 24)
  end
end

-- Lets a box live on.
local function prolong(box, now, known)
  if tonumber(known or 0) < now + MONTH then
    redis.call('HSET', box, 'v', now + MONTH + DAY)
    redis.call('PEXPIRE', box, MONTH + DAY)
  end
end
