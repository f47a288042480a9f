import { invalid, unsupported, NAN_TEXT } from "./value.js";

/** XGBoost's files nest nine levels deep. */
export const MOST_DEPTH = 64;

/** The longest string that V8 makes. */
const MOST_BYTES = 0x1fffffe8;

const utf8 = new TextDecoder("utf-8", { fatal: true });
const ascii = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** What XGBoost writes for numbers that JSON has not, and what of the same length JSON has: an overflow for infinity. */
const TOKENS = new Map([
  [0x4e, { token: ascii("NaN"), instead: ascii(`"${NAN_TEXT}"`) }],
  [0x49, { token: ascii("Infinity"), instead: ascii("9e999999") }],
]);

/** JSON with NaN (NAN_TEXT in the result), Infinity and -Infinity, at most MOST_DEPTH deep. */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length > MOST_BYTES) {
    throw unsupported([], "the model is too large for JSON", { actual: `${bytes.length} bytes`, fix: "Save it as UBJSON: save_model('model.ubj')" });
  }
  const plain = prepared(bytes);
  try {
    return JSON.parse(utf8.decode(plain));
  } catch (cause) {
    throw invalid([], `the file is no whole JSON text: ${cause instanceof Error ? cause.message.slice(0, 200) : String(cause)}`);
  }
}

/** The same bytes, or a copy with the tokens replaced. Checks the depth. */
function prepared(bytes: Uint8Array): Uint8Array {
  let out = bytes;
  let depth = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte === QUOTE) {
      for (i++; i < bytes.length && bytes[i] !== QUOTE; i++) if (bytes[i] === BACKSLASH) i++;
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > MOST_DEPTH) throw invalid([], "the file nests too deeply", { expected: `at most ${MOST_DEPTH} levels`, actual: `more at byte ${i}` });
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    } else if (byte === 0x4e || byte === 0x49) {
      const found = TOKENS.get(byte);
      if (found?.token.every((character, at) => bytes[i + at] === character) !== true) continue;
      if (out === bytes) out = bytes.slice();
      out.set(found.instead, i);
      i += found.token.length - 1;
    }
  }
  return out;
}
