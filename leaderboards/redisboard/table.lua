-- Put in front of the scripts that work on tables. A table is four keys, KEYS[k] to KEYS[k + 3]:
--   order    sorted set, all scores 0: place .. member, in the order of the ranking
--   members  hash: member -> version (8 bytes) .. place, or the version alone once it was removed
--   values   sorted set, all scores 0: the first 16 bytes of the places; only if the layout is dense
--   meta     hash: layout; version (for ETags); ranked, known, distinct: the sizes of order, members, values;
--            mark: the event up to which scores were written; token: the rebuild that fills this table; built: the
--            rebuild that filled it
-- A place is 24 bytes, the score (16) and the time at which it was reached, such that smaller bytes rank first.
--
-- Strings are compared for equality only: Lua's < follows the server's locale.

local SUPERSEDED = redis.error_reply('SUPERSEDED by another rebuild or a reset')
local LAYOUT = redis.error_reply('LAYOUT of the ranking is another')
local DAMAGED = redis.error_reply('DAMAGED ranking: its keys do not fit together')

-- inspect returns the layout of a table, nil if there is none, whether a key was lost or changed by somebody else, or all of them
-- were, or what was written last: then the mark is older than told, up to which the caller knows it written; and the mark.
local function inspect(k, told)
  local meta = redis.call('HMGET', KEYS[k + 3], 'layout', 'ranked', 'known', 'distinct', 'mark')
  if tonumber(meta[5] or 0) < told then
    return nil, true
  end
  local sizes = {redis.call('ZCARD', KEYS[k]), redis.call('HLEN', KEYS[k + 1]), redis.call('ZCARD', KEYS[k + 2])}
  for i, size in ipairs(sizes) do
    if size ~= tonumber(meta[i + 1] or 0) then
      return nil, true
    end
  end
  return meta[1] or nil, false, meta[5] or '0'
end

-- advance returns a version greater than the one given: the server's time in microseconds, or one more if that is more,
-- so that a table that is made anew does not repeat the versions of an earlier one.
local function advance(version)
  local now = redis.call('TIME')
  return string.format('%.0f', math.max(now[1] * 1000000 + now[2], tonumber(version or 0) + 1))
end

-- note moves the mark of a table on.
local function note(meta, mark)
  if tonumber(mark) > tonumber(redis.call('HGET', meta, 'mark') or 0) then
    redis.call('HSET', meta, 'mark', mark)
  end
end
