-- Changes a keylist and notes what has to be done to routes for it.
-- KEYS: grant, keys, open
-- ARGV: id of this act, now, before when broken acts are forgotten, limit, status ('' to leave it), number of destinations,
--       the destinations, for each whether another owns it (0 or 1), then the changes in order: + or - and a destination's number
-- Answers {a letter for each change, destination, whether it is listed, …}
local grant, keys, open = KEYS[1], KEYS[2], KEYS[3]
local act, now, forgotten, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local status, count = ARGV[5], tonumber(ARGV[6])
local outcomes, touched = {}, {}

for i = 7 + 2 * count, #ARGV do
  local number = tonumber(string.sub(ARGV[i], 2))
  local destination, foreign = ARGV[6 + number], ARGV[6 + count + number] == '1'
  local adds, listed = string.sub(ARGV[i], 1, 1) == '+', redis.call('ZSCORE', keys, destination)
  local outcome = 'n'
  if adds and not listed then
    if foreign or redis.call('ZCARD', keys) >= limit then
      outcome = 'r'
    else
      redis.call('ZADD', keys, redis.call('HINCRBY', grant, 'n', 1), destination)
      outcome = 's'
    end
  elseif not adds and listed then
    redis.call('ZREM', keys, destination)
    outcome = 's'
  end
  -- What is listed as wanted may lack its route, if an earlier act broke off.
  touched[destination] = touched[destination] or outcome ~= 'r'
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

-- What broken acts have left undone is done with this one.
local acts = redis.call('HGETALL', open)
for i = 1, #acts, 2 do
  local packed, at = acts[i + 1], 9
  while at <= #packed do
    local length = struct.unpack('>I4', packed, at)
    touched[string.sub(packed, at + 4, at + 3 + length)] = true
    at = at + 4 + length
  end
  if struct.unpack('>I8', packed) < forgotten then
    redis.call('HDEL', open, acts[i])
  end
end

local packed, answer = {}, {table.concat(outcomes)}
for destination, is_touched in pairs(touched) do
  if is_touched then
    packed[#packed + 1] = struct.pack('>I4', #destination) .. destination
    answer[#answer + 1] = destination
    answer[#answer + 1] = redis.call('ZSCORE', keys, destination) and '1' or '0'
  end
end
if #packed > 0 then
  redis.call('HSET', open, act, struct.pack('>I8', now) .. table.concat(packed))
end
return answer
