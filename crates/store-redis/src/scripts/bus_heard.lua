-- Tells those who wait for it that a process has done what the log says.
-- KEYS: the streams of those who wait
-- ARGV: process, id in the log, how many entries are kept, life of the streams in milliseconds
for _, stream in ipairs(KEYS) do
  redis.call('XADD', stream, 'MAXLEN', '~', ARGV[3], '*', 'w', ARGV[1], 'p', ARGV[2])
  redis.call('PEXPIRE', stream, ARGV[4])
end
return #KEYS
