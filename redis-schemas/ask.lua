-- ask.lua: everything that one message asks of the store, at one moment.
--
-- KEYS[i]        counter of limit i, a string: its theoretical arrival time
--                (GCRA), in microseconds of Redis' clock
-- ARGV[3i - 2]   emission of limit i: microseconds between two calls
-- ARGV[3i - 1]   burst of limit i: how many more at once
-- ARGV[3i]       cost: what this message is charged
--
-- reply          { result, remaining, wait }, all of them integers
--     result     1: every limit was charged; 0: none was; -1: none was, and
--                some cost is more than its limit can ever let pass
--     remaining  what could pass at once now, of the scarcest limit
--     wait       microseconds until this message would pass, 0 if result is
--                not 0
--
-- All keys have one hash tag and are given in KEYS, so this runs in a cluster.
-- The clock is Redis' own, so all who ask have the same one; what is written
-- is replicated as SET with a time to live, so a replica that takes over goes
-- on where the master was.  A counter that is further ahead than calls can
-- bring it is from before the clock was put back: it is set to the furthest.
-- Numbers are doubles, exact below 2^53, and microseconds since 1970 are.

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local tats, ends, stale = {}, {}, {}
local result, wait = 1, 0

for i = 1, #KEYS do
    local emission = tonumber(ARGV[3 * i - 2])
    local burst = tonumber(ARGV[3 * i - 1])
    local cost = tonumber(ARGV[3 * i])
    local tat = tonumber(redis.call('GET', KEYS[i]) or '') or now
    local last = now + emission * (burst + 1)

    if tat < now then
        tat = now

    elseif tat > last then
        tat = last
        stale[i] = true
    end

    if cost > burst + 1 then
        result = -1

    elseif emission * cost > last - tat then
        wait = math.max(wait, emission * cost - (last - tat))
        result = math.min(result, 0)
    end

    tats[i], ends[i] = tat, last
end

local remaining

for i = 1, #KEYS do
    local emission = tonumber(ARGV[3 * i - 2])
    local tat = tats[i]

    if result == 1 then
        tat = tat + emission * tonumber(ARGV[3 * i])
    end

    if result == 1 or stale[i] then
        redis.call('SET', KEYS[i], string.format('%.0f', tat),
                   'PX', math.ceil((tat - now) / 1000))
    end

    local left = math.floor((ends[i] - tat) / emission)

    if not remaining or left < remaining then
        remaining = left
    end
end

if result == -1 then
    wait = 0
end

return { result, remaining, wait }
