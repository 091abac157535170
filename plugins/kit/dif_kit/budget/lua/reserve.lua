-- Reserve one start that every policy of every budget allows, or nothing at all.
--
-- The caller sleeps until the start: one call a grant, no polling, and this server's clock is the only one. The twin of
-- _book.py, _counters.py and _shares.py: both must give the same answer to the microsecond, so change them together.
-- Whole microseconds everywhere: a fraction of a number as large as the time does not survive an addition, a comparison then
-- never holds, and a script that spins stops the whole fleet. For the same reason every loop is bounded.
--
-- KEYS     all that the ask names by index
-- ARGV[1]  JSON: {token, member, horizon, client, weight (thousandths), parts: [{control, members, shares, cost,
--          policies: [{kind, key, limit, ...}]}]}; times in microseconds
-- Reply    {status, now, go_at, part, what, fleet, left of each calendar day...}
--          status 1 granted, 0 beyond the horizon (go_at = when to ask again), 2 the midnights do not hold now
local ask = cjson.decode(ARGV[1])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local ceil, floor, max, min = math.ceil, math.floor, math.max, math.min

local BEYOND = 1000000000000000        -- added by a policy that finds no start in the time it can see
local MOST_ROUNDS = 256
local MEMBER_FORGOTTEN_AFTER = ask.horizon + 60000000
local BUCKETS = 24
local BUCKET_LOOKS = 2 * BUCKETS + 3

local function whole(number) return string.format('%.0f', number) end

local function expire(key, microseconds)
  redis.call('PEXPIRE', key, whole(ceil(microseconds / 1000) + 60000))
end

-- The factor on every rate: 1, or less after refusals (5 percentage points a second back up) or near full usage.
local function speed(control)
  local scale = 1
  if control.scale then scale = min(1, control.scale + 0.05 * (now - control.scale_at) / 1000000) end
  if control.usage and now - control.usage_at < 300000000 and control.usage > 75 then
    scale = min(scale, max(0.05, (100 - control.usage) / 25))
  end
  return scale
end

local function read_control(part)
  local fields = {'pause', 'scale', 'scale_at', 'usage', 'usage_at', 'remaining', 'reset'}
  local known = #fields
  for _, policy in ipairs(part.policies) do fields[#fields + 1] = 'hole:' .. policy.kind .. policy.period end
  local values = redis.call('HMGET', KEYS[part.control], unpack(fields))
  local control = {}
  for index = 1, known do control[fields[index]] = values[index] and tonumber(values[index]) end
  for index, policy in ipairs(part.policies) do
    policy.hole_field = fields[known + index]
    policy.hole = values[known + index] and tonumber(values[known + index]) or 0
  end
  return control
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
  policy.full_at = tonumber(redis.call('GET', policy.storage) or 0)
end

local function regain(policy, amount) return ceil(amount * policy.period / policy.restore / policy.scale) end

function points.earliest(policy, start, cost)
  return max(start, policy.full_at + regain(policy, cost - policy.limit))
end

function points.commit(policy, start, cost)
  local full_at = max(policy.full_at, start) + regain(policy, cost)
  redis.call('SET', policy.storage, whole(full_at))
  expire(policy.storage, full_at - now)
end

function points.pace(policy)
  return policy.restore / policy.period * policy.scale, floor(policy.limit * policy.period / policy.restore)
end

local kinds = {window = window, rolling = rolling, day = day, points = points}

-- Shares: max-min fairness between clients (see _shares.py) --------------------------------------------------------------

-- The slowest rate of the part, per microsecond, and the span to count use over.
local function pace_of(part)
  local rate, span
  for _, policy in ipairs(part.policies) do
    local kind = kinds[policy.kind]
    if kind.pace then
      local policy_rate, policy_span = kind.pace(policy)
      if not rate or policy_rate < rate then rate, span = policy_rate, policy_span end
    end
  end
  if rate then return rate, max(2000000, min(60000000, span)) end
end

-- Cost in the last span, times its length: whole numbers, whatever the order in which they are added.
local function use(flow, length)
  local span = floor(now / length)
  if flow.span == span - 1 then
    flow.previous, flow.current = flow.current, 0
  elseif flow.span ~= span then
    flow.previous, flow.current = 0, 0
  end
  flow.span = span
  return flow.previous * (length - now % length) + flow.current * length
end

local function read_flows(part, length)
  local flows, forgotten = {}, now - 5 * length
  local fields = redis.call('HGETALL', KEYS[part.shares])
  for index = 1, #fields, 2 do
    local values = {}
    for value in string.gmatch(fields[index + 1], '%S+') do values[#values + 1] = tonumber(value) end
    local flow = {weight = values[1], seen = values[2], last = values[3], span = values[4], current = values[5],
                  previous = values[6], hungry_until = values[7]}
    if flow.seen > forgotten or fields[index] == ask.client then
      flows[fields[index]] = flow
    else
      redis.call('HDEL', KEYS[part.shares], fields[index])
    end
  end
  if not flows[ask.client] then flows[ask.client] = {last = 0, span = -1, current = 0, previous = 0, hungry_until = 0} end
  flows[ask.client].weight, flows[ask.client].seen = ask.weight, now
  return flows
end

local function write_flow(part)
  local flow, values = part.flow, {}
  for _, name in ipairs({'weight', 'seen', 'last', 'span', 'current', 'previous', 'hungry_until'}) do
    values[#values + 1] = whole(flow[name])
  end
  redis.call('HSET', KEYS[part.shares], ask.client, table.concat(values, ' '))
  expire(KEYS[part.shares], 10 * part.length)
end

-- When the client's share allows its next start; 0 while there is enough for everyone.
local function share_start(part)
  part.rate, part.length = pace_of(part)
  if not part.rate then return 0 end
  local weights, others, clients, hungry = 0, 0, 0, false
  for client, flow in pairs(read_flows(part, part.length)) do
    weights, clients = weights + flow.weight, clients + 1
    if client == ask.client then
      part.flow = flow
    else
      others = others + use(flow, part.length)
      hungry = hungry or flow.hungry_until > now
    end
  end
  part.share = part.rate * part.flow.weight / weights
  others = others / part.length / part.length
  part.used = use(part.flow, part.length) / part.length / part.length
  if clients == 1 or others + part.used <= 0.7 * part.rate then return 0 end
  local allowed = max(part.share, part.rate - 1.1 * others)
  if hungry then allowed = part.share end
  return part.flow.last + ceil(part.cost / allowed)
end

local function commit_share(part, start)
  if part.used < 0.9 * part.share and start - now > 1.5 * part.cost / part.share then
    part.flow.hungry_until = now + floor(part.length / 2)
  end
  part.flow.last = start
  part.flow.current = part.flow.current + part.cost
end

-- The reservation -------------------------------------------------------------------------------------------------------

for _, part in ipairs(ask.parts) do
  for _, policy in ipairs(part.policies) do
    if policy.kind == 'day' and (now < policy.midnights[1] or now >= policy.midnights[2]) then
      return {2, whole(now)}
    end
  end
end

local fleet, left = 1, {}
for _, part in ipairs(ask.parts) do
  part.known = read_control(part)
  part.scale = speed(part.known)
  for _, policy in ipairs(part.policies) do
    kinds[policy.kind].prepare(policy, part, part.scale)
    if kinds[policy.kind].left then left[#left + 1] = whole(kinds[policy.kind].left(policy)) end
  end
  local members = KEYS[part.members]
  redis.call('ZADD', members, whole(now), ask.member)
  redis.call('ZREMRANGEBYSCORE', members, '-inf', whole(now - MEMBER_FORGOTTEN_AFTER))
  expire(members, MEMBER_FORGOTTEN_AFTER)
  fleet = max(fleet, redis.call('ZCARD', members))
end

local start, reason_part, reason = now, 0, ''
for index, part in ipairs(ask.parts) do
  if part.known.pause and part.known.pause > start then
    start, reason_part, reason = part.known.pause, index - 1, 'pause'
  end
end
if ask.client ~= '' then
  for index, part in ipairs(ask.parts) do
    local pace = share_start(part)
    if pace > start then start, reason_part, reason = pace, index - 1, 'share' end
  end
end

-- What each window alone would have given: tells commit whether it leaves a hole.
for _, part in ipairs(ask.parts) do
  for _, policy in ipairs(part.policies) do
    if policy.kind == 'window' then policy.first = window.earliest(policy, now, part.cost) end
  end
end

-- Move the start on until no policy moves it any more.
local function agree()
  for _ = 1, MOST_ROUNDS do
    local before = start
    for index, part in ipairs(ask.parts) do
      local known = part.known
      if known.remaining and known.remaining < part.cost and start < known.reset then
        start, reason_part, reason = known.reset, index - 1, 'remaining'
      end
      for number, policy in ipairs(part.policies) do
        if start - now > ask.horizon then return end
        local later = kinds[policy.kind].earliest(policy, start, part.cost)
        if later > start then start, reason_part, reason = later, index - 1, tostring(number - 1) end
      end
    end
    if start == before or start - now > ask.horizon then return end
  end
  start = start + BEYOND
end
agree()

local granted = start - now <= ask.horizon
if granted then
  for _, part in ipairs(ask.parts) do
    for _, policy in ipairs(part.policies) do kinds[policy.kind].commit(policy, start, part.cost, part) end
    if part.known.remaining and start < part.known.reset then
      redis.call('HINCRBY', KEYS[part.control], 'remaining', -part.cost)
    end
    if part.flow then commit_share(part, start) end
    if redis.call('EXISTS', KEYS[part.control]) == 1 and redis.call('PTTL', KEYS[part.control]) < 0 then
      expire(KEYS[part.control], 86400000000 + ask.horizon)
    end
  end
elseif start - now >= BEYOND then
  start = start - BEYOND
end
for _, part in ipairs(ask.parts) do
  if part.flow then write_flow(part) end
end
return {granted and 1 or 0, whole(now), whole(start), reason_part, reason, fleet, unpack(left)}
