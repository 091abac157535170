-- Count a start when its request was really sent; whoever was given its place too early moves on, and is told. The twin of
-- Book.postpone, and of push and move in _log.py, which have the reasons. Only logs of starts are so exact that it matters.
--
-- KEYS     all that the question names by index
-- ARGV[1]  JSON: {channel, token, to, windows: [{control, key, cost, limit, period}]}; times in microseconds
-- Reply    {token, start, ...} of those who moved on
local ask = cjson.decode(ARGV[1])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local MOST_PUSHES = 8

local function whole(number) return string.format('%.0f', number) end

local function score(key, name) return tonumber(redis.call('ZSCORE', key, name) or nil) end

-- Of the starts of a token that still count: their ranks and their time.
local function ranks_of(window, token)
  local ranks, start = {}, score(window.storage, token .. '|1')
  while start and start > now - window.period do
    local rank = redis.call('ZRANK', window.storage, token .. '|' .. (#ranks + 1))
    if not rank then break end
    ranks[#ranks + 1] = rank
  end
  return ranks, start
end

local places, has_changed = {[ask.token] = math.min(ask.to, now)}, false

local function push(window)
  local crowded = {}
  local function crowd(token)
    local ranks, start = ranks_of(window, token)
    for _, rank in ipairs(ranks) do crowded[#crowded + 1] = {rank = rank, token = token, start = start} end
  end
  for token in pairs(places) do crowd(token) end
  while #crowded > 0 do
    local ahead = table.remove(crowded)
    local heir = ahead.rank + window.limit
    local name, start = unpack(redis.call('ZRANGE', window.storage, heir, heir, 'WITHSCORES'))
    start = tonumber(start or nil)
    if start and start > now then
      local behind = string.match(name, '^(.*)|%d+$')
      local place = math.max(ahead.start, places[ahead.token]) + window.period
      if math.max(start, places[behind] or 0) < place then
        places[behind], has_changed = place, true
        crowd(behind)
      end
    end
  end
end

local function move(window)
  local has_moved = false
  for token, place in pairs(places) do
    local ranks, start = ranks_of(window, token)
    local cost = token == ask.token and window.cost or #ranks
    if not start or start < place then
      for number = 1, cost do redis.call('ZADD', window.storage, whole(place), token .. '|' .. number) end
      has_moved = has_moved or cost > 0 and token ~= ask.token
    end
  end
  local last = tonumber(redis.call('ZRANGE', window.storage, -1, -1, 'WITHSCORES')[2])
  if has_moved then
    -- Starts to come are no longer one behind the other: the next ones search the log up to its end.
    redis.call('HSET', window.control, 'hole:window' .. whole(window.period), whole(last))
    if redis.call('PTTL', window.control) < 0 then redis.call('PEXPIRE', window.control, 86400000) end
  end
  redis.call('PEXPIRE', window.storage, whole(math.ceil((math.max(last, now) - now + window.period) / 1000) + 60000))
end

for _, window in ipairs(ask.windows) do window.storage, window.control = KEYS[window.key], KEYS[window.control] end
for _ = 1, MOST_PUSHES do
  has_changed = false
  for _, window in ipairs(ask.windows) do push(window) end
  if not has_changed then break end
end
for _, window in ipairs(ask.windows) do move(window) end

places[ask.token] = nil
local reply, told = {}, {}
for token, start in pairs(places) do
  reply[#reply + 1] = token
  reply[#reply + 1] = whole(start)
  told[#told + 1] = whole(start) .. ' ' .. token
end
-- One message for all: every process of the fleet gets it.
if #told > 0 then redis.call('PUBLISH', ask.channel, '@' .. table.concat(told, '\n')) end
return reply
