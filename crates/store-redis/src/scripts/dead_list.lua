-- Dead letters in the order of their positions.
-- KEYS: index, letters
-- ARGV: where to begin, as ZRANGEBYLEX has it, how many at most
-- Answers position, letter, …
local answer = {}
for _, position in ipairs(redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], '+', 'LIMIT', 0, ARGV[2])) do
  answer[#answer + 1] = position
  answer[#answer + 1] = redis.call('HGET', KEYS[2], position)
end
return answer
