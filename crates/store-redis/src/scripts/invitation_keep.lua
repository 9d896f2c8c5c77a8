-- Keeps a single-use invitation, unless it is there.
-- KEYS: invitation
-- ARGV: when it expires, for how long to keep it, 0 for ever
if redis.call('HSETNX', KEYS[1], 'e', ARGV[1]) == 1 and ARGV[2] ~= '0' then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1
