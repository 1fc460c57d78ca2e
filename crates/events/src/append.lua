#!lua
-- KEYS: the stream, its position. ARGV: the position that the events follow, the approximate length to trim to, then for
-- each event its position, id, seq, type, time, reference and data. Returns the position and the number of events
-- appended. Without events, the script only reads. It still counts as a write, so that a replica rejects it instead of
-- replying with outdated data.
local FIELDS = 7
local stream, key = KEYS[1], KEYS[2]

local function position()
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

local current = position()
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
