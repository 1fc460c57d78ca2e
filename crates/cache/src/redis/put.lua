#!lua
-- The version was read before the database. If it is unchanged, no write has invalidated the cache since. A write that
-- could not invalidate the cache is detected by the head of the entry.
if redis.pcall('GET', KEYS[2]) ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
