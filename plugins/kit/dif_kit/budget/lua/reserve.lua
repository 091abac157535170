-- Reserve a start that every policy of every budget allows, or nothing at all; as often as there are tokens.
--
-- The caller sleeps until the start: one call a grant, no polling, and this server's clock is the only one. The twin of
-- _book.py: both must give the same answer to the microsecond, so change them together. The last part of the script,
-- after policies.lua and shares.lua.
--
-- KEYS     all that the ask names by index
-- ARGV[1]  JSON: {tokens, member, horizon, client, weight (thousandths), parts: [{control, members, shares,
--          waiting, cost, not_before, policies: [{kind, key, limit, ...}]}]}; times in microseconds
-- Reply    {now} if the midnights do not hold now, else {now, fleet, {left of each calendar day...}, then for each token
--          {granted 1 or 0 (beyond the horizon: go_at = when to ask again), go_at, part, what}...}
local MOST_ROUNDS = 256
local MEMBER_FORGOTTEN_AFTER = ask.horizon + 60000000

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

-- For whoever looks from outside: nothing is decided by it.
local function note_waiting(waiting, start)
  redis.call('ZADD', waiting, whole(start), ask.token)
  redis.call('ZREMRANGEBYSCORE', waiting, '-inf', whole(now))
  expire(waiting, start - now)
end

for _, part in ipairs(ask.parts) do
  for _, policy in ipairs(part.policies) do
    if policy.kind == 'day' and (now < policy.midnights[1] or now >= policy.midnights[2]) then
      return {whole(now)}
    end
  end
end

local fleet = 1
for _, part in ipairs(ask.parts) do
  local members = KEYS[part.members]
  redis.call('ZADD', members, whole(now), ask.member)
  redis.call('ZREMRANGEBYSCORE', members, '-inf', whole(now - MEMBER_FORGOTTEN_AFTER))
  expire(members, MEMBER_FORGOTTEN_AFTER)
  fleet = max(fleet, redis.call('ZCARD', members))
end

local start, reason_part, reason

local function prepare()
  for _, part in ipairs(ask.parts) do
    part.known = read_control(part)
    part.scale = speed(part.known)
    for _, policy in ipairs(part.policies) do kinds[policy.kind].prepare(policy, part, part.scale) end
  end
end

-- The start before any policy has a say: after every pause, and within the client's share.
local function not_before()
  start, reason_part, reason = now, 0, ''
  for index, part in ipairs(ask.parts) do
    if part.known.pause and part.known.pause > start then
      start, reason_part, reason = part.known.pause, index - 1, 'pause'
    end
    if part.not_before > start then start, reason_part, reason = part.not_before, index - 1, 'halt' end
  end
  if ask.client == '' then return end
  for index, part in ipairs(ask.parts) do
    local pace = share_start(part)
    if pace > start then start, reason_part, reason = pace, index - 1, 'share' end
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

local function commit()
  for _, part in ipairs(ask.parts) do
    for _, policy in ipairs(part.policies) do kinds[policy.kind].commit(policy, start, part.cost, part) end
    if part.known.remaining and start < part.known.reset then
      redis.call('HINCRBY', KEYS[part.control], 'remaining', -part.cost)
    end
    if part.flow then commit_share(part, start) end
    if start > now then note_waiting(KEYS[part.waiting], start) end
    if redis.call('EXISTS', KEYS[part.control]) == 1 and redis.call('PTTL', KEYS[part.control]) < 0 then
      expire(KEYS[part.control], 86400000000 + ask.horizon)
    end
  end
end

local function reserve()
  prepare()
  not_before()
  -- What each window alone would have given: tells commit whether it leaves a hole.
  for _, part in ipairs(ask.parts) do
    for _, policy in ipairs(part.policies) do
      if policy.kind == 'window' then policy.first = window.earliest(policy, now, part.cost) end
    end
  end
  agree()
  local granted = start - now <= ask.horizon
  if granted then
    commit()
  elseif start - now >= BEYOND then
    start = start - BEYOND
  end
  for _, part in ipairs(ask.parts) do
    if part.flow then write_flow(part) end
  end
  return {granted and 1 or 0, whole(start), reason_part, reason}
end

local left = {}
local reply = {whole(now), fleet, left}
for _, token in ipairs(ask.tokens) do
  ask.token = token
  reply[#reply + 1] = reserve()
end
-- As it was before the last of them.
for _, part in ipairs(ask.parts) do
  for _, policy in ipairs(part.policies) do
    if kinds[policy.kind].left then left[#left + 1] = whole(kinds[policy.kind].left(policy)) end
  end
end
return reply
