#!lua flags=allow-oom
-- No version (flushed, evicted) is never a valid state; pcall, because somebody may have put a list there.
local version = redis.pcall('GET', KEYS[2])
if type(version) == 'string' then
  return version
end
redis.call('SET', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[1])
return ARGV[1]
