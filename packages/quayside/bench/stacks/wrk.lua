-- Prints wrk's counts, and p50, p99 and p99.9 in microseconds, as JSON. With PAUSE, each connection waits between two
-- requests: a random time of that mean, in ms. https://github.com/wg/wrk/blob/master/SCRIPTING
local pause = tonumber(os.getenv("PAUSE"))
if pause then
  local longest = math.floor(2 * pause + 0.5)
  function delay() return math.random(0, longest) end
end

function done(summary, latency)
  local e = summary.errors
  print(string.format('{"requests":%d,"micros":%d,"errors":%d,"latencies":[%d,%d,%d]}', summary.requests,
    summary.duration, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
