-- Begins a rebuild: from now on writes go to its table too. An earlier rebuild that is under way is superseded. Harmless
-- to repeat, also late: what was filled stays, and what is done does not begin again.
--
-- KEYS[1..4]  the table that readers see
-- KEYS[5..8]  the table to fill
-- ARGV[1]     token of this rebuild
-- ARGV[2]     layout
-- ARGV[3]     mark: up to which event the scores are written, when the rebuild is done
-- Reply: OK
--
-- pcall, since whatever stands at these keys is to go.
local token = ARGV[1]
if redis.pcall('HGET', KEYS[4], 'built') ~= token and redis.pcall('HGET', KEYS[8], 'token') ~= token then
  redis.call('UNLINK', KEYS[5], KEYS[6], KEYS[7], KEYS[8])
  redis.call('HSET', KEYS[8], 'token', token, 'layout', ARGV[2], 'mark', ARGV[3])
end
return redis.status_reply('OK')
