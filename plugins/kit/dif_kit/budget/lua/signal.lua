-- What the provider told one caller, told to all. The twin of _note in _book.py. The last part of the
-- script, after bucket.lua.
--
-- KEYS[1]  the budget's control   KEYS[2]  its points, if it has any
-- ARGV[1]  JSON: {channel, name, pause, slow_down, remaining, reset, usage, points: {limit, restore, period}}; what is absent
--          says nothing; times in microseconds from now
local signal = cjson.decode(ARGV[1])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local control = KEYS[1]
local SECOND = 1000000

local function whole(number) return string.format('%.0f', number) end

local values = redis.call('HMGET', control, 'pause', 'scale', 'scale_at', 'strikes', 'remaining', 'reset')
for index = 1, 6 do values[index] = values[index] and tonumber(values[index]) end
local paused_until, scale, scale_at, strikes, remaining, reset = unpack(values, 1, 6)
paused_until, scale, scale_at, strikes = paused_until or 0, scale or 1, scale_at or 0, strikes or 0

local pause = signal.pause and now + signal.pause or 0

-- However many are refused at once, the rate falls once a second.
if signal.slow_down and now - scale_at > SECOND then
  strikes = now - scale_at > 60 * SECOND and 1 or math.min(strikes + 1, 6)
  local recovered = math.min(1, scale + 0.05 * (now - scale_at) / SECOND)
  redis.call('HSET', control, 'scale', string.format('%.17g', math.max(0.1, recovered * 0.7)), 'scale_at', whole(now),
             'strikes', strikes)
  pause = math.max(pause, now + 2 ^ (strikes - 1) * SECOND)
end

if signal.remaining then
  if signal.points then
    local points = signal.points
    local missing = math.ceil((points.limit - signal.remaining) * points.period / points.restore)
    local held = bucket.read(KEYS[2], now)
    held.full_at = math.max(held.full_at, now + missing)
    bucket.write(KEYS[2], held, now)
  else
    -- Answers overtake each other: within one window of the provider's the lower count is the later one. Its end is the
    -- earliest that was told: of a window of one second every answer says that a second is left.
    local left, until_reset = signal.remaining, now + signal.reset
    if remaining and now < reset and math.abs(reset - until_reset) < 2 * SECOND then
      left, until_reset = math.min(left, remaining), math.min(until_reset, reset)
    end
    redis.call('HSET', control, 'remaining', whole(left), 'reset', whole(until_reset))
  end
end

if signal.usage then redis.call('HSET', control, 'usage', string.format('%.17g', signal.usage), 'usage_at', whole(now)) end

local moved = pause > paused_until
if moved then
  redis.call('HSET', control, 'pause', whole(pause))
  redis.call('PUBLISH', signal.channel, signal.name)
end
if redis.call('EXISTS', control) == 1 then
  redis.call('PEXPIRE', control, whole(86400000 + math.ceil(math.max(pause, paused_until, now) / 1000 - now / 1000)
                                       + math.ceil((signal.reset or 0) / 1000)))
end
return moved and 1 or 0
