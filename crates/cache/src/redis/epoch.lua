#!lua flags=allow-oom
-- Every process has its own run id, and a replica that becomes the primary has a new replication id.
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local replication_id = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
local life = run_id and replication_id and run_id .. ':' .. replication_id
-- A server that does not say who it is may be another one each time.
local epoch = life or ARGV[1]
if redis.pcall('GET', KEYS[3]) == epoch and redis.call('EXISTS', KEYS[2]) == 1 then
  return {0, life or ''}
end
redis.call('SET', KEYS[3], epoch)
redis.call('SET', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[1])
return {1, life or ''}
