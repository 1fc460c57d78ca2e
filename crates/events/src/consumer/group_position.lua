#!lua
-- KEYS: the stream, the position of a group. ARGV: the first and the last entry of a batch delivered to the group, and the
-- number of its last event. Stores the farthest entry and its number as the group's position, "id seq". Entry ids order
-- positions, because event numbers may go back after the database lost commits.
-- Returns the number of the event before the batch: that of the previous entry in the stream or, if it was trimmed, that
-- of the group's previous position.
local stream, position = KEYS[1], KEYS[2]

local function parse(id)
  local millis, count = string.match(id, '^(%d+)%-(%d+)$')
  return tonumber(millis), tonumber(count)
end

local function is_before(one, other)
  local one_millis, one_count = parse(one)
  local other_millis, other_count = parse(other)
  return one_millis < other_millis or (one_millis == other_millis and one_count < other_count)
end

local stored = redis.call('GET', position)
local id, seq
if stored then
  id, seq = string.match(stored, '^(%d+%-%d+) (%-?%d+)$')
end
if not id or is_before(id, ARGV[2]) then
  redis.call('SET', position, ARGV[2] .. ' ' .. ARGV[3])
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
