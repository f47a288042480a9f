import { writeText } from "../../engine/text-writer.js";
import { DefinitionError, InputError, received } from "../../errors.js";
import type { AnyInputType } from "../../types/input-type.js";
import { formatInputType } from "../../types/input-type.js";
import type { FeatureGroup } from "../group.js";
import { missing, notWellFormed, storedScalar, type Path } from "./scalar.js";
import type { KeyValues } from "./store.js";

/** Longer keys are refused by every store; it is what LMDB takes with pages of 4 KiB, less a little. */
export const MAX_KEY_BYTES = 1900;

/**
 * Tags of the parts of a key, after the tuple layer of FoundationDB (design/tuple.md there): keys of other types never
 * meet. All integers share one tag, so that a key column may be widened.
 */
const INTEGER = 0x15;
const DATE = 0x20;
const TIMESTAMP: Readonly<Record<string, number>> = { s: 0x21, ms: 0x22, us: 0x23, ns: 0x24, d: DATE };
const BOOL = 0x26;
const TEXT = 0x02;

interface Part {
  readonly name: string;
  readonly type: AnyInputType;
  readonly tag: number;
  readonly path: Path;
}

/** Keys are written here; room for the longest text that is not refused beforehand. */
const scratch = Buffer.alloc(8 * MAX_KEY_BYTES);

/**
 * Bytes of a group's keys: the group's name, then the parts in the order of declaration. Different groups or tuples give
 * different bytes, and bytes compare as the tuples do: integers as 8 bytes, big-endian, the sign flipped; text as UTF-8
 * with 0 written as 0 255 and 0 0 behind it.
 */
export class KeyCodec {
  readonly #parts: readonly Part[];
  /** The bytes that all keys of the group begin with. */
  readonly prefix: Uint8Array;

  constructor(group: FeatureGroup) {
    if (typeof group.name !== "string" || group.name === "") {
      throw new DefinitionError("INVALID_DEFINITION", "a group needs a name", { actual: received(group.name) });
    }
    this.#parts = Object.entries(group.keys).map(([name, type]) => part(group, name, type));
    if (this.#parts.length === 0) throw new DefinitionError("INVALID_DEFINITION", "a group needs keys", { path: [group.name, "keys"] });
    const end = text(group.name, 0, [group.name], undefined);
    this.prefix = Uint8Array.prototype.slice.call(scratch, 0, end);
  }

  /** Writes a key into the shared scratch and returns its length; the bytes hold until the next key. */
  write(values: KeyValues, row?: number): number {
    const { prefix } = this;
    let at = prefix.length;
    for (let i = 0; i < at; i++) scratch[i] = prefix[i] as number;
    for (const { name, type, tag, path } of this.#parts) {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      if (value === null || value === undefined) missing(type, value, path, row);
      const stored = storedScalar(type, value, path, row);
      scratch[at++] = tag;
      if (typeof stored === "string") at = text(stored, at, path, row);
      else if (typeof stored === "boolean") scratch[at++] = stored ? 1 : 0;
      else at = integer(stored, at);
    }
    if (at > MAX_KEY_BYTES) tooLong([], row);
    return at;
  }

  /** A copy of the key's bytes. */
  bytes(values: KeyValues, row?: number): Buffer {
    const length = this.write(values, row);
    return Buffer.from(scratch.subarray(0, length));
  }

  /** The key's bytes as a string of the same characters (U+0000 to U+00FF). */
  text(values: KeyValues, row?: number): string {
    return scratch.toString("latin1", 0, this.write(values, row));
  }
}

/** Copies the key that was written last. */
export function copyKey(target: Uint8Array, at: number, length: number): void {
  for (let i = 0; i < length; i++) target[at + i] = scratch[i] as number;
}

function part(group: FeatureGroup, name: string, type: AnyInputType): Part {
  const path = [group.name, "keys", name];
  switch (type.storage) {
    case "utf8":
      return { name, type, tag: TEXT, path: [name] };
    case "bool":
      return { name, type, tag: BOOL, path: [name] };
    case "timestamp":
    case "date32":
    case "date64":
      return { name, type, tag: type.type.kind === "timestamp" ? (TIMESTAMP[type.type.unit] as number) : DATE, path: [name] };
    case "float16":
    case "float32":
    case "float64":
    case "list":
    case "fixedSizeList":
      throw new DefinitionError("INVALID_DEFINITION", "this type cannot be a serving key", { path, expected: "an integer, utf8, bool, date or timestamp", actual: formatInputType(type) });
    default:
      return { name, type, tag: INTEGER, path: [name] };
  }
}

function integer(value: number | bigint, at: number): number {
  let low: number;
  let high: number;
  if (typeof value === "number") {
    low = value >>> 0;
    high = (value - low) / 4294967296;
  } else {
    low = Number(BigInt.asUintN(32, value));
    high = Number(BigInt.asIntN(32, value >> 32n));
  }
  high ^= 0x80000000;
  scratch[at] = high >>> 24;
  scratch[at + 1] = high >>> 16;
  scratch[at + 2] = high >>> 8;
  scratch[at + 3] = high;
  scratch[at + 4] = low >>> 24;
  scratch[at + 5] = low >>> 16;
  scratch[at + 6] = low >>> 8;
  scratch[at + 7] = low;
  return at + 8;
}

function text(value: string, at: number, path: Path, row: number | undefined): number {
  if (value.length > MAX_KEY_BYTES) tooLong(path, row);
  let from = 0;
  for (let zero = value.indexOf("\0"); zero >= 0; zero = value.indexOf("\0", from)) {
    at = write(value.slice(from, zero), at, path, row);
    scratch[at++] = 0;
    scratch[at++] = 255;
    from = zero + 1;
  }
  at = write(from === 0 ? value : value.slice(from), at, path, row);
  scratch[at++] = 0;
  scratch[at++] = 0;
  return at;
}

function write(value: string, at: number, path: Path, row: number | undefined): number {
  const end = writeText(scratch, at, value);
  if (end < 0) notWellFormed(value, path, row);
  if (end > MAX_KEY_BYTES) tooLong(path, row);
  return end;
}

function tooLong(path: Path, row: number | undefined): never {
  throw new InputError("TOO_LARGE", "the key is too long", {
    path,
    ...(row === undefined ? {} : { row }),
    expected: `at most ${MAX_KEY_BYTES} bytes with the group's name`,
  });
}
