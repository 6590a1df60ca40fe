-- Tells about a ranking without its rows.
--
-- KEYS[1..4]  the table that readers see
-- ARGV[1]     the mark that the ranking has at least, unless something was lost
-- Reply: {its version, 0 if there is none; members ranked; mark}, or an error DAMAGED
local _, damaged, mark = inspect(1, tonumber(ARGV[1]))
if damaged then
  return DAMAGED
end
return {redis.call('HGET', KEYS[4], 'version') or '0', redis.call('ZCARD', KEYS[1]), mark}
