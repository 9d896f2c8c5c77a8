-- Shows that the holder of these lanes lives.
-- ARGV: lease in ms, then lane, token, …
-- Answers the lanes that are no longer its own.
local lost = {}
for at = 2, #ARGV, 2 do
  if holds(ARGV[at], ARGV[at + 1]) then
    put_lane(ARGV[at], now + tonumber(ARGV[1]))
  else
    lost[#lost + 1] = ARGV[at]
  end
end
return lost
