-- wrk.lua: what wrk asks of the REST door, and what it found, as one line of JSON.
--   wrk … -s wrk.lua URL -- METHOD TOKENS [BODY]
-- TOKENS: a file of tokens, one a line. One: each request is the same. More: each request
-- carries the next one, each thread of wrk going round by itself.
-- BODY: a file; what is sent, as JSON.

local function read(name)
  local file = assert(io.open(name))
  local text = file:read('*a')
  file:close()
  return text
end

function init(args)
  local requests = {}
  wrk.method = args[1]
  if args[3] then
    wrk.body = read(args[3])
    wrk.headers['Content-Type'] = 'application/json'
  end
  for token in read(args[2]):gmatch('%S+') do
    wrk.headers['Authorization'] = 'Bearer ' .. token
    requests[#requests + 1] = wrk.format()
  end
  if #requests == 1 then return end
  local last = 0
  request = function()
    last = last % #requests + 1
    return requests[last]
  end
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests":%d,"seconds":%.3f,"p50_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f,"bytes":%d,"refused":%d,"broken":%d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3, summary.bytes, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
