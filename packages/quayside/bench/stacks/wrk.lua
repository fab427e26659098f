-- Prints wrk's counts as JSON. https://github.com/wg/wrk/blob/master/SCRIPTING
function done(summary)
  local e = summary.errors
  print(string.format('{"requests":%d,"micros":%d,"errors":%d}', summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout))
end
