-- How clients share a budget, max-min fair: the twin of _shares.py. The second part of the reservation's script.

-- The slowest rate of the part, per microsecond, how long a share keeps that is not used, and the span to count use over.
local function pace_of(part)
  local rate, period
  for _, policy in ipairs(part.policies) do
    local kind = kinds[policy.kind]
    if kind.pace then
      local policy_rate, policy_period = kind.pace(policy)
      if not rate or policy_rate < rate then rate, period = policy_rate, policy_period end
    end
  end
  if not rate then return end
  local credit = min(60000000, period)
  return rate, credit, max(2000000, credit)
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
  local flows, forgotten = {}, now - 2 * length
  local fields = redis.call('HGETALL', KEYS[part.shares])
  for index = 1, #fields, 2 do
    local values = {}
    for value in string.gmatch(fields[index + 1], '%S+') do values[#values + 1] = tonumber(value) end
    local flow = {weight = values[1], seen = values[2], last = values[3], span = values[4], current = values[5],
                  previous = values[6], hungry_until = values[7], start = values[8] or 0}
    if max(flow.seen, flow.start) > forgotten or fields[index] == ask.client then
      flows[fields[index]] = flow
    else
      redis.call('HDEL', KEYS[part.shares], fields[index])
    end
  end
  if not flows[ask.client] then flows[ask.client] = {last = 0, span = -1, current = 0, previous = 0, hungry_until = 0,
                                                        start = 0} end
  flows[ask.client].weight, flows[ask.client].seen = ask.weight, now
  return flows
end

local function write_flow(part)
  local flow, values = part.flow, {}
  for _, name in ipairs({'weight', 'seen', 'last', 'span', 'current', 'previous', 'hungry_until', 'start'}) do
    values[#values + 1] = whole(flow[name])
  end
  redis.call('HSET', KEYS[part.shares], ask.client, table.concat(values, ' '))
  expire(KEYS[part.shares], 10 * part.length)
end

local function used_until(part, rate)
  return max(part.flow.last, now - part.credit) + ceil(part.cost / rate)
end

-- When the client's share allows its next start; 0 while there is enough for everyone.
local function share_start(part)
  part.rate, part.credit, part.length = pace_of(part)
  part.paced = nil
  if not part.rate then return 0 end
  local weights, others, clients, hungry = 0, 0, 0, false
  for client, flow in pairs(read_flows(part, part.length)) do
    clients = clients + 1
    -- Whoever has neither asked nor waited lately divides nothing any more.
    if max(flow.seen, flow.start) > now - 1000000 then weights = weights + flow.weight end
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
  part.paced = used_until(part, allowed)
  return part.paced
end

local function commit_share(part, start)
  if part.used < 0.9 * part.share and start - now > 1.5 * part.cost / part.share then
    part.flow.hungry_until = now + floor(part.length / 2)
  end
  part.flow.last = part.paced or min(start, used_until(part, part.share))
  part.flow.start = start
  part.flow.current = part.flow.current + part.cost
end
