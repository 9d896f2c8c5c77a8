-- Dead letters without what is in them.
-- ARGV: where to begin as XRANGE has it, how many at most
-- Answers {id, endpoint, attempts, reason, bytes, …}
local answer = {}
for _, letter in ipairs(redis.call('XRANGE', dead, ARGV[1], '+', 'COUNT', ARGV[2])) do
  answer[#answer + 1] = letter[1]
  answer[#answer + 1] = field(letter, 'endpoint')
  answer[#answer + 1] = field(letter, 'attempts')
  answer[#answer + 1] = field(letter, 'reason')
  answer[#answer + 1] = tostring(#field(letter, 'entry'))
end
return answer
