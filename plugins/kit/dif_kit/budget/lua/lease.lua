-- A lease: a number of holders, each until its time is up, a queue in order of arrival, fences that only grow.
-- The twin of _queue.py.
--
-- KEYS     1 holders (token -> end)   2 the last fence   3 queue (token -> arrival)   4 patience (token -> end)
-- ARGV[1]  JSON: {action take | renew | give, token, holders, ttl, patience, channel}; times in microseconds
-- Reply    take {fence} or {0, wait, the oldest holder, when it was last taken}   renew {1 held, 0 lost}   give {1}
local ask = cjson.decode(ARGV[1])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local holders, last_fence, queue, patience = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

local function whole(number) return string.format('%.0f', number) end

local function expire(key, microseconds)
  redis.call('PEXPIRE', key, whole(math.ceil(microseconds / 1000) + 60000))
end

-- Who died holding, and who died waiting.
redis.call('ZREMRANGEBYSCORE', holders, '-inf', whole(now))
for _, token in ipairs(redis.call('ZRANGEBYSCORE', patience, '-inf', whole(now))) do
  redis.call('ZREM', patience, token)
  redis.call('ZREM', queue, token)
end

local function wake_next()
  local following = redis.call('ZRANGE', queue, 0, 0)[1]
  if following then redis.call('PUBLISH', ask.channel, following) end
end

local action = {}

function action.renew()
  if not redis.call('ZSCORE', holders, ask.token) then return {0} end
  redis.call('ZADD', holders, whole(now + ask.ttl), ask.token)
  if redis.call('PTTL', holders) < ask.ttl / 1000 + 60000 then expire(holders, ask.ttl) end
  return {1}
end

function action.give()
  redis.call('ZREM', holders, ask.token)
  redis.call('ZREM', queue, ask.token)
  redis.call('ZREM', patience, ask.token)
  wake_next()
  return {1}
end

function action.take()
  if not redis.call('ZSCORE', queue, ask.token) then
    -- Behind everyone who waits, even if they came in the same microsecond.
    local last = redis.call('ZRANGE', queue, -1, -1, 'WITHSCORES')[2]
    redis.call('ZADD', queue, whole(math.max(now, last and last + 1 or 0)), ask.token)
  end
  local free = ask.holders - redis.call('ZCARD', holders)
  if redis.call('ZRANK', queue, ask.token) < free then
    redis.call('ZREM', queue, ask.token)
    redis.call('ZREM', patience, ask.token)
    redis.call('ZADD', holders, whole(now + ask.ttl), ask.token)
    if redis.call('PTTL', holders) < ask.ttl / 1000 + 60000 then expire(holders, ask.ttl) end
    -- By the clock: a server that lost its memory still gives greater fences than before.
    local fence = math.max(now, tonumber(redis.call('GET', last_fence) or 0) + 1)
    redis.call('SET', last_fence, whole(fence), 'EX', 86400)
    -- Two who leave at once wake the same one: that one wakes the next.
    if free > 1 then wake_next() end
    return {whole(fence)}
  end
  redis.call('ZADD', patience, whole(now + ask.patience), ask.token)
  expire(queue, 10 * ask.patience)
  expire(patience, 10 * ask.patience)
  local oldest = redis.call('ZRANGE', holders, 0, 0, 'WITHSCORES')
  return {'0', whole(oldest[2] and oldest[2] - now or ask.patience), oldest[1] or '', redis.call('GET', last_fence) or '0'}
end

return action[ask.action]()
