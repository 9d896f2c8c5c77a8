-- Gives an entry.
-- KEYS: entry
-- Answers {value, how long it lives}
local value = redis.call('HGET', KEYS[1], 'v')
return {value, redis.call('PTTL', KEYS[1])}
