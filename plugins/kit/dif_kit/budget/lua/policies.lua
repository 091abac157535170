-- How each kind of policy finds the earliest start that it allows, and counts one: the twin of _counters.py.
--
-- After bucket.lua the first part of the reservation's script (then come shares.lua and reserve.lua). Whole microseconds
-- everywhere: a fraction of a number as large as the time does not survive an addition, a comparison then never holds, and a
-- script that spins stops the whole fleet. For the same reason every loop is bounded.
local ask = cjson.decode(ARGV[1])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local ceil, floor, max, min = math.ceil, math.floor, math.max, math.min

local BEYOND = 1000000000000000        -- added by a policy that finds no start in the time it can see
local BUCKETS = 24
local BUCKET_LOOKS = 2 * BUCKETS + 3

local function whole(number) return string.format('%.0f', number) end

local function expire(key, microseconds)
  redis.call('PEXPIRE', key, whole(ceil(microseconds / 1000) + 60000))
end

-- A window: a log of starts ---------------------------------------------------------------------------------------------

-- The first place between two neighbours (see earliest_start in _counters.py, line for line).
local function place_in_log(starts, start, cost, limit, period, gap)
  local crowd, count = limit + 1 - cost, #starts
  local place = 0
  while place < count and starts[place + 1] <= start do place = place + 1 end
  local seen, closed_until = max(0, place - crowd + 1), -1
  while place <= count do
    while seen < place do
      local last = seen + crowd - 1
      if last < count and starts[last + 1] - starts[seen + 1] < period then closed_until = last end
      seen = seen + 1
    end
    if place > closed_until then
      local first = start
      if place > 0 then first = max(first, starts[place] + gap) end
      if place >= crowd then first = max(first, starts[place - crowd + 1] + period) end
      local fits_before_next = place >= count or first <= starts[place + 1] - gap
      local fits_before_crowd = place + crowd > count or first <= starts[place + crowd] - period
      if fits_before_next and fits_before_crowd then return first end
    end
    place = place + 1
  end
end

local window = {}

function window.prepare(policy, part, scale)
  policy.allowed = max(part.cost, floor(policy.limit * scale))
  policy.spacing = ceil(policy.gap / scale)
  policy.storage = KEYS[policy.key]
  policy.count = redis.call('ZCOUNT', policy.storage, '(' .. whole(now - policy.period), '+inf')
  policy.plain = part.cost == 1 and scale == 1
  policy.last, policy.starts = nil, nil
end

function window.earliest(policy, start, cost)
  if policy.count == 0 or (policy.spacing == 0 and policy.count + cost <= policy.allowed) then return start end
  if policy.hole <= now then
    -- No hole before the last start: append. Two look-ups, however long the log is.
    if not policy.last then
      local crowd = policy.allowed + 1 - cost
      policy.last = tonumber(redis.call('ZRANGE', policy.storage, -1, -1, 'WITHSCORES')[2])
      local nth = policy.count >= crowd and redis.call('ZRANGE', policy.storage, -crowd, -crowd, 'WITHSCORES')[2]
      policy.free = nth and tonumber(nth) + policy.period or 0
    end
    return max(start, policy.last + policy.spacing, policy.free)
  end
  if not policy.starts then
    local log = redis.call('ZRANGEBYSCORE', policy.storage, '(' .. whole(now - policy.period), '+inf', 'WITHSCORES')
    policy.starts = {}
    for index = 2, #log, 2 do policy.starts[index / 2] = tonumber(log[index]) end
  end
  return place_in_log(policy.starts, start, cost, policy.allowed, policy.period, policy.spacing)
end

function window.commit(policy, start, cost, part)
  local entries = {}
  for number = 1, cost do
    entries[#entries + 1] = whole(start)
    entries[#entries + 1] = ask.token .. '|' .. number
  end
  redis.call('ZADD', policy.storage, unpack(entries))
  -- Later than one more start would have needed: a hole lies before it, and the next ones search for it.
  if start > now and not (policy.plain and start == policy.first) and start > policy.hole then
    redis.call('HSET', KEYS[part.control], policy.hole_field, whole(start))
  end
  redis.call('ZREMRANGEBYSCORE', policy.storage, '-inf', whole(now - policy.period))
  expire(policy.storage, start - now + policy.period)
end

function window.pace(policy) return policy.allowed / policy.period, policy.period end

-- A rolling budget: starts counted in buckets ---------------------------------------------------------------------------

local rolling = {}

function rolling.prepare(policy)
  policy.storage = KEYS[policy.key]
  policy.used = {}
  local oldest = floor(now / policy.period) - BUCKETS
  local fields = redis.call('HGETALL', policy.storage)
  for index = 1, #fields, 2 do
    local bucket = tonumber(fields[index])
    if bucket < oldest then
      redis.call('HDEL', policy.storage, fields[index])
    else
      policy.used[bucket] = tonumber(fields[index + 1])
    end
  end
end

local function has_room(used, bucket, room)
  local span = 0
  for each = bucket - BUCKETS, bucket do span = span + (used[each] or 0) end
  for last = bucket + 1, bucket + BUCKETS do
    if span > room then return false end
    span = span + (used[last] or 0) - (used[last - BUCKETS - 1] or 0)
  end
  return span <= room
end

function rolling.earliest(policy, start, cost)
  local first = floor(start / policy.period)
  for bucket = first, first + BUCKET_LOOKS - 1 do
    if has_room(policy.used, bucket, policy.limit - cost) then return max(start, bucket * policy.period) end
  end
  return (first + BUCKET_LOOKS) * policy.period + BEYOND
end

function rolling.commit(policy, start, cost)
  redis.call('HINCRBY', policy.storage, whole(floor(start / policy.period)), cost)
  expire(policy.storage, start - now + (BUCKETS + 1) * policy.period)
end

-- A calendar day --------------------------------------------------------------------------------------------------------

local day = {}

function day.prepare(policy)
  policy.storage = KEYS[policy.key]
  policy.used = {}
  local fields = redis.call('HGETALL', policy.storage)
  for index = 1, #fields, 2 do
    local midnight = tonumber(fields[index])
    if midnight < policy.midnights[1] then
      redis.call('HDEL', policy.storage, fields[index])
    else
      policy.used[midnight] = tonumber(fields[index + 1])
    end
  end
end

function day.earliest(policy, start, cost)
  local midnights = policy.midnights
  for index = 1, #midnights - 1 do
    if start < midnights[index + 1] and (policy.used[midnights[index]] or 0) + cost <= policy.limit then
      return max(start, midnights[index])
    end
  end
  return max(start, midnights[#midnights]) + BEYOND
end

function day.commit(policy, start, cost)
  local midnight
  for index = 1, #policy.midnights - 1 do
    if policy.midnights[index] <= start then midnight = policy.midnights[index] end
  end
  redis.call('HINCRBY', policy.storage, whole(midnight), cost)
  expire(policy.storage, start - now + 2 * 86400000000)
end

function day.left(policy) return policy.limit - (policy.used[policy.midnights[1]] or 0) end

-- Points: when the provider's bucket would be full again ----------------------------------------------------------------

local points = {}

function points.prepare(policy, _, scale)
  policy.storage = KEYS[policy.key]
  policy.scale = scale
  policy.held = bucket.read(policy.storage, now)
end

local function regain(policy, amount) return ceil(amount * policy.period / policy.restore / policy.scale) end

function points.earliest(policy, start, cost)
  return max(start, bucket.full_at(policy.held) + regain(policy, cost - policy.limit))
end

function points.commit(policy, start, cost)
  bucket.spend(policy.held, {start = start, cost = cost, amount = regain(policy, cost)}, now)
  bucket.write(policy.storage, policy.held, now)
end

function points.pace(policy)
  return policy.restore / policy.period * policy.scale, floor(policy.limit * policy.period / policy.restore)
end

local kinds = {window = window, rolling = rolling, day = day, points = points}
