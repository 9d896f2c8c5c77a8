-- Puts a dead letter at the end of the list.
-- ARGV: its id, the entry as it is to be tried again
-- Answers whether it was still there.
redis.call('LLEN', list) -- Stops before anything is written if it is no list.
if redis.call('XDEL', dead, ARGV[1]) == 0 then
  return 0
end
redis.call('RPUSH', list, ARGV[2])
return 1
