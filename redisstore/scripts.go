package redisstore

import "github.com/redis/rueidis"

// This file is what runs on the server.
//
// A value of the native format begins with a head of fixed length, which ends in
// 18 digits of its expiry, in microseconds; the rest is the body. A Touch moves
// those digits, and no Replace may take that for a conflict, so only bodies are
// compared. Other formats have no head: all is body. Numbers of microseconds
// are exact in Lua until the year 2255.

// replaceScript answers whether it has put a value in the place of another.
//
// ARGV: the body that was loaded, the length of its head, now in microseconds,
// the new value, its milliseconds to live: with 0, the key is removed; then, if
// not empty, the body of a tombstone that will do as well, and the length of the
// head of that.
//
// What is no string, Load has called corrupt, with an empty revision.
var replaceScript = rueidis.NewLuaScript(`
local stored, head = redis.pcall('GET', KEYS[1]), tonumber(ARGV[2])
if not stored then return 0 end
if type(stored) == 'table' then stored = '' end
if ARGV[6] ~= '' and string.sub(stored, ARGV[7] + 1) == ARGV[6] then
  head = tonumber(ARGV[7])
elseif string.sub(stored, head + 1) ~= ARGV[1] then
  return 0
end
if head > 0 then
  local expires = tonumber(string.sub(stored, head - 17, head))
  if not expires or expires <= tonumber(ARGV[3]) then return 0 end
end
if ARGV[5] == '0' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5])
end
return 1`)

// touchScript answers whether it has moved the expiry of a live session.
//
// ARGV: what a tombstone ends in, the length of the head, now in microseconds,
// the digits of the new expiry, its milliseconds to live. An expiry that has
// passed removes the key.
var touchScript = rueidis.NewLuaScript(`
local stored, head = redis.pcall('GET', KEYS[1]), tonumber(ARGV[2])
if not stored or type(stored) == 'table' then return 0 end
if ARGV[1] ~= '' and string.sub(stored, -#ARGV[1]) == ARGV[1] then return 0 end
if head > 0 then
  local expires = tonumber(string.sub(stored, head - 17, head))
  if not expires or expires <= tonumber(ARGV[3]) then return 0 end
  redis.call('SETRANGE', KEYS[1], head - 18, ARGV[4])
end
return redis.call('PEXPIRE', KEYS[1], ARGV[5])`)
