import { invalid } from "./value.js";
import { MOST_DEPTH } from "./json.js";

/**
 * UBJSON draft 12 (ubjson.org) as data: numbers, strings, booleans, null, arrays and objects without prototype. Arrays of
 * one numeric type become typed arrays. Sizes are checked against the bytes that are left before anything is allocated.
 */
export function parseUbjson(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  const value = reader.value(reader.marker(), 0);
  reader.end();
  return value;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes of one element, and the array that holds them; int64 as numbers, where they are exact. */
const NUMBERS = {
  i: { size: 1, array: Int8Array, get: (view: DataView, at: number) => view.getInt8(at) },
  U: { size: 1, array: Uint8Array, get: (view: DataView, at: number) => view.getUint8(at) },
  I: { size: 2, array: Int16Array, get: (view: DataView, at: number) => view.getInt16(at) },
  l: { size: 4, array: Int32Array, get: (view: DataView, at: number) => view.getInt32(at) },
  L: { size: 8, array: Float64Array, get: (view: DataView, at: number) => Number(view.getBigInt64(at)) },
  d: { size: 4, array: Float32Array, get: (view: DataView, at: number) => view.getFloat32(at) },
  D: { size: 8, array: Float64Array, get: (view: DataView, at: number) => view.getFloat64(at) },
} as const;

function isNumber(marker: string): marker is keyof typeof NUMBERS {
  return Object.hasOwn(NUMBERS, marker);
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #fail(what: string, at = this.#at): never {
    throw invalid([], `malformed UBJSON at byte ${at}: ${what}`);
  }

  /** Position of `size` bytes that are there. */
  #take(size: number): number {
    const at = this.#at;
    if (size > this.#bytes.length - at) this.#fail(`${size} bytes are claimed, ${this.#bytes.length - at} are left`);
    this.#at = at + size;
    return at;
  }

  /** The next type marker after any no-ops. */
  marker(): string {
    for (;;) {
      const marker = String.fromCharCode(this.#bytes[this.#take(1)] as number);
      if (marker !== "N") return marker;
    }
  }

  end(): void {
    while (this.#bytes[this.#at] === 0x4e) this.#at++;
    if (this.#at < this.#bytes.length) this.#fail("bytes after the end of the value");
  }

  #number(marker: keyof typeof NUMBERS): number {
    const { size, get } = NUMBERS[marker];
    const at = this.#take(size);
    const value = get(this.#view, at);
    if (marker === "L" && !Number.isSafeInteger(value)) this.#fail("an integer beyond 2^53", at);
    return value;
  }

  /** A size: an integer of any type. */
  #size(): number {
    const marker = this.marker();
    if (!isNumber(marker) || marker === "d" || marker === "D") this.#fail(`a size of type ${JSON.stringify(marker)}`, this.#at - 1);
    const size = this.#number(marker);
    if (size < 0) this.#fail(`the size ${size}`);
    return size;
  }

  #string(): string {
    const size = this.#size();
    const at = this.#take(size);
    try {
      return utf8.decode(this.#bytes.subarray(at, at + size));
    } catch {
      this.#fail("text that is not UTF-8", at);
    }
  }

  value(marker: string, depth: number): unknown {
    if (isNumber(marker)) return this.#number(marker);
    switch (marker) {
      case "Z":
        return null;
      case "T":
        return true;
      case "F":
        return false;
      case "C":
        return String.fromCharCode(this.#bytes[this.#take(1)] as number);
      case "S":
        return this.#string();
      case "H": {
        const at = this.#at;
        const text = this.#string();
        if (!/^-?\d{1,400}(\.\d{1,400})?([eE][-+]?\d{1,4})?$/.test(text)) this.#fail("a number that is none", at);
        return Number(text);
      }
      case "[":
        return this.#array(this.#deeper(depth));
      case "{":
        return this.#object(this.#deeper(depth));
      default:
        this.#fail(`the type ${JSON.stringify(marker)}`, this.#at - 1);
    }
  }

  #deeper(depth: number): number {
    if (depth >= MOST_DEPTH) this.#fail(`more than ${MOST_DEPTH} levels`);
    return depth + 1;
  }

  /** The optional type and count at the start of a container. */
  #header(): { readonly type: string | undefined; readonly count: number | undefined } {
    let type: string | undefined;
    if (this.#bytes[this.#at] === 0x24) {
      this.#at++;
      type = String.fromCharCode(this.#bytes[this.#take(1)] as number);
      // Elements without bytes would let a few bytes claim any number of them.
      if (!isNumber(type) && !["C", "S", "H", "[", "{"].includes(type)) this.#fail(`a container of the type ${JSON.stringify(type)}`, this.#at - 1);
      if (this.#bytes[this.#at] !== 0x23) this.#fail("a typed container without a count");
    }
    if (this.#bytes[this.#at] !== 0x23) return { type, count: undefined };
    this.#at++;
    const count = this.#size();
    const least = count * (type !== undefined && isNumber(type) ? NUMBERS[type].size : 1);
    if (least > this.#bytes.length - this.#at) this.#fail(`${count} elements are claimed, ${this.#bytes.length - this.#at} bytes are left`);
    return { type, count };
  }

  #array(depth: number): unknown {
    const { type, count } = this.#header();
    if (type !== undefined && isNumber(type)) return this.#numbers(type, count as number);
    const out: unknown[] = [];
    if (count !== undefined) {
      while (out.length < count) out.push(this.value(type ?? this.marker(), depth));
      return out;
    }
    for (let marker = this.marker(); marker !== "]"; marker = this.marker()) out.push(this.value(marker, depth));
    return out;
  }

  #numbers(type: keyof typeof NUMBERS, count: number): ArrayLike<number> {
    const { size, array, get } = NUMBERS[type];
    const start = this.#take(count * size);
    const out = new array(count);
    for (let i = 0; i < count; i++) out[i] = get(this.#view, start + i * size);
    return out;
  }

  #object(depth: number): unknown {
    const { type, count } = this.#header();
    const out = Object.create(null) as Record<string, unknown>;
    for (let i = 0; count === undefined || i < count; i++) {
      if (count === undefined) {
        while (this.#bytes[this.#at] === 0x4e) this.#at++;
        if (this.#bytes[this.#at] === 0x7d) {
          this.#at++;
          break;
        }
      }
      const key = this.#string();
      out[key] = this.value(type ?? this.marker(), depth);
    }
    return out;
  }
}
