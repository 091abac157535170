-- Correct the cost of a reservation in one budget; an actual cost of 0 takes it back. The twin of Book.settle.
-- The last part of the script, after bucket.lua.
--
-- KEYS     1 the budget's control   2 who waits in it   then one key a policy
-- ARGV[1]  JSON: {token, go_at, reserved, actual, policies: [{kind, key, period, ...}]}
local ask = cjson.decode(ARGV[1])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local control = KEYS[1]
local more = ask.actual - ask.reserved

local function whole(number) return string.format('%.0f', number) end

local correct = {}

function correct.window(policy, key)
  for number = ask.actual + 1, ask.reserved do redis.call('ZREM', key, ask.token .. '|' .. number) end
  for number = ask.reserved + 1, ask.actual do redis.call('ZADD', key, whole(ask.go_at), ask.token .. '|' .. number) end
  -- Both leave starts that are no longer one behind the other: the next ones search the log up to its end.
  local last = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2]
  if last then
    redis.call('HSET', control, 'hole:' .. policy.kind .. policy.period, last)
    if redis.call('PTTL', control) < 0 then redis.call('PEXPIRE', control, 86400000) end
  end
end

function correct.rolling(policy, key)
  redis.call('HINCRBY', key, whole(math.floor(ask.go_at / policy.period)), more)
end

function correct.day(policy, key)
  redis.call('HINCRBY', key, whole(policy.midnights[1]), more)
end

function correct.points(policy, key)
  local held = bucket.read(key, now)
  local function regain(points) return math.ceil(points * policy.period / policy.restore) end
  local dearer = regain(ask.actual) - regain(ask.reserved)
  if ask.go_at > now then
    bucket.change(held, ask.go_at, ask.reserved, ask.actual, now)
  elseif dearer < 0 then
    held.full_at = math.max(held.full_at + dearer, math.min(held.full_at, now))
  else
    held.full_at = math.max(held.full_at, now) + dearer
  end
  bucket.write(key, held, now)
end

for index, policy in ipairs(ask.policies) do
  -- What has expired meanwhile counts no more: there is nothing to correct.
  if redis.call('EXISTS', KEYS[index + 2]) == 1 then correct[policy.kind](policy, KEYS[index + 2]) end
end
if ask.actual == 0 then redis.call('ZREM', KEYS[2], ask.token) end
local known = redis.call('HMGET', control, 'remaining', 'reset')
if known[1] and ask.go_at < tonumber(known[2]) then redis.call('HINCRBY', control, 'remaining', whole(-more)) end
return 1
