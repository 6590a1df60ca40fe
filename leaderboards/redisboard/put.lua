-- Writes absolute scores. One whose version is not greater than the stored one of its member changes nothing.
--
-- KEYS[1..4]  the table that readers see
-- KEYS[5..8]  the table that a rebuild fills, if one runs
-- ARGV[1]     layout
-- ARGV[2]     token of the rebuild that writes, which fills its own table only; else empty, and both are written
-- ARGV[3]     the mark that the ranking has at least, unless something was lost
-- ARGV[4]     the mark that it has afterwards at least
-- ARGV[5..]   for each score, no member twice: member, version (8 bytes), place (24 bytes, empty if removed)
-- Reply: OK, or an error SUPERSEDED, LAYOUT or DAMAGED
local layout, token = ARGV[1], ARGV[2]
local names = {}
for i = 5, #ARGV, 3 do
  names[#names + 1] = ARGV[i]
end

-- newer compares 64-bit versions by halves, which Lua's doubles hold exactly.
local function newer(version, stored)
  local high, low = struct.unpack('>I4I4', version)
  local storedHigh, storedLow = struct.unpack('>I4I4', stored)
  return high > storedHigh or (high == storedHigh and low > storedLow)
end

-- compare lists what the scores change in a table, as arguments of the commands that write it.
local function compare(members)
  local stored = redis.call('HMGET', members, unpack(names))
  local change = {records = {}, gone = {}, came = {}, left = {}, values = {}}
  local function add(list, item)
    list[#list + 1] = item
  end
  for i, name in ipairs(names) do
    local version, place = ARGV[3 * i + 3], ARGV[3 * i + 4]
    if not stored[i] or newer(version, stored[i]) then
      add(change.records, name)
      add(change.records, version .. place)
      local old = stored[i] and string.sub(stored[i], 9) or ''
      if old ~= '' and old ~= place then
        add(change.gone, old .. name)
        add(change.left, string.sub(old, 1, 16))
      end
      if place ~= '' and old ~= place then
        add(change.came, 0)
        add(change.came, place .. name)
        add(change.values, 0)
        add(change.values, string.sub(place, 1, 16))
      end
    end
  end
  return change
end

-- count keeps the distinct values: those that came are added, those left are taken out unless a place still has them.
local function count(order, values, change)
  if #change.values > 0 then
    redis.call('ZADD', values, unpack(change.values))
  end
  for _, value in ipairs(change.left) do
    local first = redis.call('ZRANGEBYLEX', order, '[' .. value, '+', 'LIMIT', 0, 1)[1]
    if not first or string.sub(first, 1, 16) ~= value then
      redis.call('ZREM', values, value)
    end
  end
end

local function write(k)
  local order, members, values, meta = KEYS[k], KEYS[k + 1], KEYS[k + 2], KEYS[k + 3]
  local change = compare(members)
  note(meta, ARGV[4])
  if #change.records == 0 then
    return
  end
  redis.call('HSET', members, unpack(change.records))
  if #change.gone > 0 then
    redis.call('ZREM', order, unpack(change.gone))
  end
  if #change.came > 0 then
    redis.call('ZADD', order, unpack(change.came))
  end
  if string.find(layout, 'dense', 1, true) then
    count(order, values, change)
  end
  redis.call('HSET', meta, 'layout', layout, 'ranked', redis.call('ZCARD', order),
    'known', redis.call('HLEN', members), 'distinct', redis.call('ZCARD', values))
  if #change.gone + #change.came > 0 then
    redis.call('HSET', meta, 'version', advance(redis.call('HGET', meta, 'version')))
  end
end

local building = redis.call('HGET', KEYS[8], 'token')
if token ~= '' and building ~= token then
  return SUPERSEDED
end
if building then
  local built, damaged = inspect(5, 0)
  if damaged then
    return DAMAGED
  end
  if built ~= layout then
    return LAYOUT
  end
  write(5)
end
if token ~= '' then
  return redis.status_reply('OK')
end
local shown, damaged = inspect(1, tonumber(ARGV[3]))
if damaged then
  return DAMAGED
end
if not shown or shown == layout then
  write(1)
elseif not building then
  return LAYOUT
end
return redis.status_reply('OK')
