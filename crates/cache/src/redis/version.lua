#!lua flags=allow-oom
-- A missing version (flushed, evicted) is never valid. pcall, because the key may hold another type.
local version = redis.pcall('GET', KEYS[2])
if type(version) == 'string' then
  return version
end
redis.call('SET', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[1])
return ARGV[1]
