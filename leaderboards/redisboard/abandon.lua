-- Gives a rebuild up, unless another one has taken over already.
--
-- KEYS[1..4]  the table that it was filling
-- ARGV[1]     token of the rebuild
-- Reply: OK
if redis.call('HGET', KEYS[4], 'token') == ARGV[1] then
  redis.call('UNLINK', unpack(KEYS))
end
return redis.status_reply('OK')
