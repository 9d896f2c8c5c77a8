-- Changes a keylist and notes what has to be done to routes for it.
-- KEYS: grant, keys, open
-- ARGV: id of this act, now, when acts are given up, limit, status ('' to leave it as it is), number of destinations,
--       the destinations, whether each is another's (0 or 1), then the changes in order: '+' or '-' and the destination's index
-- Answers {outcomes, destinations of acts that were broken off}
local grant, keys, open = KEYS[1], KEYS[2], KEYS[3]
local act, now, given_up, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local status, count = ARGV[5], tonumber(ARGV[6])
local outcomes, touched = {}, {}

for i = 7 + 2 * count, #ARGV do
  local change, index = string.sub(ARGV[i], 1, 1), tonumber(string.sub(ARGV[i], 2))
  local destination, is_foreign = ARGV[6 + index], ARGV[6 + count + index] == '1'
  local listed = redis.call('ZSCORE', keys, destination)
  local outcome = 'n'
  if change == '+' and not listed then
    if is_foreign or redis.call('ZCARD', keys) >= limit then
      outcome = 'r'
    else
      redis.call('ZADD', keys, redis.call('HINCRBY', grant, 'n', 1), destination)
      outcome = 's'
    end
  elseif change == '-' and listed then
    redis.call('ZREM', keys, destination)
    outcome = 's'
  end
  -- A destination that is as wanted may still be so only here, if an earlier act was broken off.
  if outcome ~= 'r' then
    touched[destination] = true
  end
  outcomes[#outcomes + 1] = outcome
end

if status ~= '' then
  redis.call('HSET', grant, 's', status)
  if status ~= 'g' then
    for _, destination in ipairs(redis.call('ZRANGE', keys, 0, -1)) do
      touched[destination] = true
    end
    redis.call('UNLINK', keys)
  end
end

local broken = {}
local acts = redis.call('HGETALL', open)
for i = 1, #acts, 2 do
  local began, packed = struct.unpack('>I8s', string.sub(acts[i + 1], 1, 8) .. '\0'), string.sub(acts[i + 1], 9)
  local at = 1
  while at <= #packed do
    local length = struct.unpack('>I4', packed, at)
    local destination = string.sub(packed, at + 4, at + 3 + length)
    if not touched[destination] then
      touched[destination] = true
    end
    at = at + 4 + length
  end
  if began < given_up then
    redis.call('HDEL', open, acts[i])
  end
end

local packed, all = {}, {}
for destination in pairs(touched) do
  packed[#packed + 1] = struct.pack('>I4', #destination) .. destination
  all[#all + 1] = destination
  all[#all + 1] = redis.call('ZSCORE', keys, destination) and '1' or '0'
end
if #all > 0 then
  redis.call('HSET', open, act, struct.pack('>I8', now) .. table.concat(packed))
end
return {table.concat(outcomes), all}
