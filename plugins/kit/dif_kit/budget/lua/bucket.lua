-- A provider's bucket of points: when it would be full again by what has started, and the starts that it has yet to pay
-- for. The twin of PointsCounter in _counters.py, which has the reasons; the first part of every script that counts points.
local bucket = {}

-- Kept as one text: when it is full again, then of each start to come, in their order: when, the cost, the microseconds.
function bucket.read(key, now)
  local numbers = {}
  for number in string.gmatch(redis.call('GET', key) or '0', '%d+') do numbers[#numbers + 1] = tonumber(number) end
  local held = {full_at = numbers[1], ahead = {}}
  for index = 2, #numbers, 3 do
    bucket.spend(held, {start = numbers[index], cost = numbers[index + 1], amount = numbers[index + 2]}, now)
  end
  return held
end

function bucket.write(key, held, now)
  local text = {string.format('%.0f', held.full_at)}
  for _, each in ipairs(held.ahead) do
    text[#text + 1] = string.format('%.0f %.0f %.0f', each.start, each.cost, each.amount)
  end
  local left = math.ceil((bucket.full_at(held) - now) / 1000)
  redis.call('SET', key, table.concat(text, ' '), 'PX', string.format('%.0f', math.max(0, left) + 60000))
end

-- When it is full again with all that was reserved.
function bucket.full_at(held)
  local full_at = held.full_at
  for _, each in ipairs(held.ahead) do full_at = math.max(full_at, each.start) + each.amount end
  return full_at
end

local function is_after(one, other)
  if one.start ~= other.start then return one.start > other.start end
  if one.cost ~= other.cost then return one.cost > other.cost end
  return one.amount > other.amount
end

function bucket.spend(held, one, now)
  if one.start <= now then
    held.full_at = math.max(held.full_at, one.start) + one.amount
    return
  end
  local place = #held.ahead
  while place > 0 and is_after(held.ahead[place], one) do place = place - 1 end
  table.insert(held.ahead, place + 1, one)
end

-- Let a start to come have another cost; 0 takes it back.
function bucket.change(held, start, reserved, actual, now)
  for place, each in ipairs(held.ahead) do
    if each.start == start and each.cost == reserved then
      table.remove(held.ahead, place)
      local amount = math.ceil(each.amount * actual / reserved)
      if actual > 0 then bucket.spend(held, {start = start, cost = actual, amount = amount}, now) end
      return
    end
  end
end
