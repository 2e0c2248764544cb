-- The load of bench/wrk.ts: posts the body in the file that is named by its argument, with a fresh id wherever the
-- body has one of zeroes, as our tracker gives each event its own. At the end: one line of JSON.

local NIL_UUID = "00000000-0000-0000-0000-000000000000"
local pieces = {}

function init(args)
  local file = assert(io.open(args[1], "r"))
  local body = file:read("*a")
  file:close()
  local headers = {
    ["Content-Type"] = "application/json",
    ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    ["Accept-Language"] = "en-US,en;q=0.9",
    ["Origin"] = "https://example.com",
  }
  local text = wrk.format("POST", nil, headers, body)
  local start = 1
  while true do
    local first, last = text:find(NIL_UUID, start, true)
    pieces[#pieces + 1] = text:sub(start, (first or 0) - 1)
    if not first then break end
    pieces[#pieces + 1] = NIL_UUID
    start = last + 1
  end
  local urandom = assert(io.open("/dev/urandom", "rb"))
  local a, b, c, d, e, f = urandom:read(6):byte(1, 6)
  urandom:close()
  math.randomseed(((((a * 256 + b) * 256 + c) * 256 + d) * 256 + e) * 256 + f)
end

-- Version 7, as the tracker's: the time first, so that neighbours in time are neighbours in the index.
local function uuid()
  local seconds = os.time()
  return string.format("%08x-%04x-7%03x-%04x-%06x%06x",
    math.floor(seconds * 1000 / 65536), seconds * 1000 % 65536, math.random(0, 4095),
    math.random(32768, 49151), math.random(0, 16777215), math.random(0, 16777215))
end

function request()
  for place = 2, #pieces, 2 do pieces[place] = uuid() end
  return table.concat(pieces)
end

-- Of this process, in hundredths of a second (proc(5), fields 14 and 15; those before hold no blank but the name's).
local function cpuTicks()
  local file = assert(io.open("/proc/self/stat", "r"))
  local stat = file:read("*a")
  file:close()
  local user, system = stat:match("%) %S+" .. (" %S+"):rep(10) .. " (%d+) (%d+)")
  return user + system
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"p50":%.3f,"p99":%.3f,"max":%.3f,"cpuSeconds":%.2f,' ..
    '"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3, cpuTicks() / 100,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
