-- A tools/call of SIZE bytes in all, as an official client sends it.
local size = tonumber(os.getenv("CALL_SIZE") or "300")
local head = '{"jsonrpc":"2.0","id":17,"method":"tools/call",'
          .. '"params":{"name":"echo","arguments":{"message":"'
local tail = '"}}}'
local words = "please send the report of this week to everyone in the team "
local n = size - #head - #tail
local text = string.rep(words, math.ceil(n / #words)):sub(1, n)

wrk.method = "POST"
wrk.body = head .. text .. tail
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json, text/event-stream"
wrk.headers["Accept-Encoding"] = "gzip, deflate"
wrk.headers["MCP-Protocol-Version"] = "2025-11-25"

local bad = 0

response = function(status)
    if status ~= 200 then bad = bad + 1 end
end

done = function(summary, latency)
    io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests,
             summary.duration,
             summary.errors.status + summary.errors.connect
             + summary.errors.read + summary.errors.timeout,
             summary.bytes, latency:percentile(99)))
end
