#!lua
-- KEYS: the stream, its mark. ARGV: the mark that the events follow, about how many entries to keep, then of each
-- event its mark, id, seq, type, time, reference and data. Without events it tells the mark and changes nothing; it
-- is a write all the same, so that a replica refuses instead of telling what it has not yet heard of.
local FIELDS = 7
local stream, key = KEYS[1], KEYS[2]

local function mark()
  local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  if not last and redis.call('EXISTS', stream) == 0 then
    return ''
  end
  local stored = redis.pcall('GET', key)
  if type(stored) == 'string' then
    return stored
  end
  local entry = {}
  for i = 1, last and #last[2] or 0, 2 do
    entry[last[2][i]] = last[2][i + 1]
  end
  return entry.seq and entry.id and entry.seq .. ':' .. entry.id or ''
end

local current = mark()
local first = 3
if current ~= ARGV[1] then
  first = #ARGV + 1
  for i = 3, #ARGV, FIELDS do
    if ARGV[i] == current then
      first = i + FIELDS
    end
  end
end
local appended = 0
for i = first, #ARGV, FIELDS do
  redis.call('XADD', stream, 'MAXLEN', '~', ARGV[2], '*', 'id', ARGV[i + 1], 'seq', ARGV[i + 2], 'type', ARGV[i + 3],
    'time', ARGV[i + 4], 'reference', ARGV[i + 5], 'data', ARGV[i + 6])
  current = ARGV[i]
  appended = appended + 1
end
if appended > 0 then
  redis.call('SET', key, current)
end
return { current, appended }
