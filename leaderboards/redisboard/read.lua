-- Reads consecutive rows, all of one instant.
--
-- KEYS[1..4]  the table that readers see
-- ARGV[1]     layout
-- ARGV[2]     ties: earliest, share or dense
-- ARGV[3]     the position of the first row, from 0; with a member, how many rows go before its own
-- ARGV[4]     the most rows
-- ARGV[5]     the mark that the ranking has at least, unless something was lost
-- ARGV[6]     the member around which the rows are, which are none if it is not ranked; may be left out
-- Reply: {members ranked, position of the first row from 0, its rank, mark, place .. member of each row}, or an error
-- LAYOUT or DAMAGED
local order, members, values = KEYS[1], KEYS[2], KEYS[3]
local ties, first, limit, member = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[6]

local layout, damaged, mark = inspect(1, tonumber(ARGV[5]))
if damaged then
  return DAMAGED
end
if layout and layout ~= ARGV[1] then
  return LAYOUT
end

local total = redis.call('ZCARD', order)
if member then
  local record = redis.call('HGET', members, member)
  if not record or #record == 8 then
    return {total, 0, 0, mark}
  end
  local position = redis.call('ZRANK', order, string.sub(record, 9) .. member)
  if not position then
    return DAMAGED
  end
  first = math.max(0, math.min(position - first, total - limit))
end
if limit < 1 or first >= total then
  return {total, 0, 0, mark}
end

local rows = redis.call('ZRANGE', order, first, first + limit - 1)
local value = string.sub(rows[1], 1, 16)
local rank = first
if ties == 'share' then
  rank = redis.call('ZLEXCOUNT', order, '-', '(' .. value)
elseif ties == 'dense' then
  rank = redis.call('ZRANK', values, value)
  if not rank then
    return DAMAGED
  end
end
return {total, first, rank + 1, mark, unpack(rows)}
