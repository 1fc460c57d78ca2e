#!lua
-- KEYS: the stream, the place of a group. ARGV: the first and the last entry of a batch that the group was given, and
-- the number of its last event. Tells the number of the event before the batch: of the entry before it in the
-- stream, or, where that is trimmed away, of the last one that the group was given before. The place is the farthest
-- entry and its event's number, as "id seq"; entries order it, because numbers may go back.
local stream, place = KEYS[1], KEYS[2]

local function parse(id)
  local millis, count = string.match(id, '^(%d+)%-(%d+)$')
  return tonumber(millis), tonumber(count)
end

local function is_before(one, other)
  local one_millis, one_count = parse(one)
  local other_millis, other_count = parse(other)
  return one_millis < other_millis or (one_millis == other_millis and one_count < other_count)
end

local stored = redis.call('GET', place)
local id, seq
if stored then
  id, seq = string.match(stored, '^(%d+%-%d+) (%-?%d+)$')
end
if not id or is_before(id, ARGV[2]) then
  redis.call('SET', place, ARGV[2] .. ' ' .. ARGV[3])
end
local entry = redis.call('XREVRANGE', stream, '(' .. ARGV[1], '-', 'COUNT', 1)[1]
if entry then
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'seq' then
      return entry[2][i + 1]
    end
  end
  return false
end
return id and is_before(id, ARGV[1]) and seq or false
