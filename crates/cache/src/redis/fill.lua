#!lua
-- The answer was read from the database after its version was asked for: while the version is still the same, no
-- write has bumped it since. What could not bump it is found by the answer's head.
if redis.pcall('GET', KEYS[2]) ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
