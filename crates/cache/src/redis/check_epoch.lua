#!lua flags=allow-oom
-- KEYS: list, version, epoch. ARGV: a random version. Returns whether the version was replaced, and the server's
-- identity. Each process has its own run id, and a replica that is promoted gets a new replication id.
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local replication_id = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
local identity = run_id and replication_id and run_id .. ':' .. replication_id
-- A server that hides its identity may be another one each time.
local epoch = identity or ARGV[1]
if redis.pcall('GET', KEYS[3]) == epoch and redis.call('EXISTS', KEYS[2]) == 1 then
  return {0, identity or ''}
end
redis.call('SET', KEYS[3], epoch)
redis.call('SET', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[1])
return {1, identity or ''}
