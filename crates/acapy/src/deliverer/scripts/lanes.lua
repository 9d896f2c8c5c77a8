-- What all scripts about lanes share. All get the same keys; all lie in the slot of the list.
local lanes, holders, order, entries, failures = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local list, stream, dead, counter, sorter = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function put_lane(lane, at)
  redis.call('ZADD', lanes, string.format('%.0f', at), lane)
end

local function holds(lane, token)
  return redis.call('HGET', holders, lane) == token
end

local function drop(lane, id)
  redis.call('ZREM', order, lane .. ':' .. id)
  redis.call('HDEL', entries, id)
  redis.call('HDEL', failures, id)
end

local function members(lane, most)
  return redis.call('ZRANGEBYLEX', order, '[' .. lane .. ':', '(' .. lane .. ';', 'LIMIT', 0, most)
end

-- Adds the head of a lane to the answer: id, failures so far, entry. No more than so many, nor so many bytes; one at least.
local function read(lane, most, bytes, answer)
  local found = 0
  for _, member in ipairs(members(lane, most)) do
    local id = string.sub(member, #lane + 2)
    local entry = redis.call('HGET', entries, id)
    if not entry then
      drop(lane, id)
    else
      bytes = bytes - #entry
      if found > 0 and bytes < 0 then
        break
      end
      found = found + 1
      answer[#answer + 1] = id
      answer[#answer + 1] = redis.call('HGET', failures, id) or '0'
      answer[#answer + 1] = entry
    end
  end
  return found
end

-- Nobody holds it any more; from `at` on somebody may.
local function leave(lane, at)
  redis.call('HDEL', holders, lane)
  if members(lane, 1)[1] then
    put_lane(lane, at)
  else
    redis.call('ZREM', lanes, lane)
  end
end

local function bury(most, entry, endpoint, attempts, reason)
  redis.call('XADD', dead, 'MAXLEN', '~', most, '*',
    'entry', entry, 'endpoint', endpoint, 'attempts', attempts, 'reason', reason)
end

-- Stops before anything is written if one of our keys is not what it should be, as a failed script takes nothing back.
local function check()
  redis.call('ZCARD', lanes)
  redis.call('ZCARD', order)
  redis.call('HLEN', entries)
  redis.call('XLEN', dead)
  redis.call('INCRBY', counter, 0)
end

-- An entry gets its place at the end of its lane, or among the dead if it has none.
local function place(entry, lane, endpoint, reason, dead_most, lane_most)
  if lane == '' then
    return bury(dead_most, entry, endpoint, 0, reason)
  end
  if redis.call('ZLEXCOUNT', order, '[' .. lane .. ':', '(' .. lane .. ';') >= lane_most then
    return bury(dead_most, entry, endpoint, 0, 'too many wait for this endpoint')
  end
  local id = string.format('%016x', redis.call('INCR', counter))
  redis.call('HSET', entries, id, entry)
  redis.call('ZADD', order, 0, lane .. ':' .. id)
  redis.call('ZADD', lanes, 'NX', string.format('%.0f', now), lane)
end

-- A field of an entry of a stream; '' if it has none.
local function field(found, name)
  for at = 1, #found[2], 2 do
    if found[2][at] == name then
      return found[2][at + 1]
    end
  end
  return ''
end

-- Somebody else may sort.
local function done(token)
  if redis.call('GET', sorter) == token then
    redis.call('DEL', sorter)
  end
end
