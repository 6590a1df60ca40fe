-- Ends a rebuild: its table takes the place of the one that readers see, whatever that is. Harmless to repeat.
--
-- KEYS[1..4]  the table that readers see
-- KEYS[5..8]  the table that the rebuild filled
-- ARGV[1]     token of the rebuild
-- Reply: OK, or an error SUPERSEDED or DAMAGED
local token = ARGV[1]
if redis.pcall('HGET', KEYS[4], 'built') == token then
  return redis.status_reply('OK')
end
if redis.call('HGET', KEYS[8], 'token') ~= token then
  return SUPERSEDED
end
local _, damaged = inspect(5, 0)
if damaged then
  return DAMAGED
end
local version = redis.pcall('HGET', KEYS[4], 'version')
if type(version) ~= 'string' then
  version = nil -- there was no table, or another type of key in its place
end
redis.call('HDEL', KEYS[8], 'token')
redis.call('HSET', KEYS[8], 'built', token, 'version', advance(version))
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
for k = 1, 4 do
  if redis.call('EXISTS', KEYS[k + 4]) == 1 then
    redis.call('RENAME', KEYS[k + 4], KEYS[k])
  end
end
return redis.status_reply('OK')
