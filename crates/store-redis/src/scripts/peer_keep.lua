-- Keeps a connection.
-- KEYS: peer, dialable
-- ARGV: connection, id, whether it has an endpoint (1 or 0), new (it must not be there) or old (it must)
-- Answers the connection that was there
local known = redis.call('GET', KEYS[1])
if (ARGV[4] == 'new') == (not known) then
  redis.call('SET', KEYS[1], ARGV[1])
  if ARGV[3] == '1' then
    redis.call('ZADD', KEYS[2], 0, ARGV[2])
  else
    redis.call('ZREM', KEYS[2], ARGV[2])
  end
end
return known
