import { EVENT_TIME_AT, ROW_VERSION } from "./layout.js";

/**
 * Puts rows unless newer ones are there. KEYS: the rows' keys. ARGV: for each the row's bytes and when it expires in
 * milliseconds since 1970, or "" for never. Returns how many were stale. One call is atomic; a key that expires in the
 * past is deleted at once (PEXPIREAT). Bytes that are no row of ours (struct cannot read them, or another version) give way.
 */
export const PUT_SCRIPT = `local stale = 0
for i = 1, #KEYS do
  local row = ARGV[2 * i - 1]
  local held = redis.call("GET", KEYS[i])
  if held and #held >= ${EVENT_TIME_AT + 8} and string.byte(held, 1) == ${ROW_VERSION}
      and struct.unpack("<d", held, ${EVENT_TIME_AT + 1}) > struct.unpack("<d", row, ${EVENT_TIME_AT + 1}) then
    stale = stale + 1
  else
    redis.call("SET", KEYS[i], row)
    local expiry = ARGV[2 * i]
    if expiry ~= "" then redis.call("PEXPIREAT", KEYS[i], expiry) end
  end
end
return stale`;
