/** Copies `count` bits; bits of the last byte written that lie beyond them are left 0. */
export function copyBits(
  source: Uint8Array,
  sourceStart: number,
  target: Uint8Array,
  targetStart: number,
  count: number,
): void {
  if (count === 0) return;
  if (sourceStart % 8 === 0 && targetStart % 8 === 0) {
    const from = sourceStart >> 3;
    const to = targetStart >> 3;
    const bytes = (count + 7) >> 3;
    target.set(source.subarray(from, from + bytes), to);
    const rest = count % 8;
    if (rest !== 0) {
      const last = to + bytes - 1;
      target[last] = (target[last] ?? 0) & ((1 << rest) - 1);
    }
    return;
  }
  for (let i = 0; i < count; i++) {
    const from = sourceStart + i;
    if ((((source[from >> 3] ?? 0) >> (from & 7)) & 1) === 0) continue;
    const to = targetStart + i;
    target[to >> 3] = (target[to >> 3] ?? 0) | (1 << (to & 7));
  }
}

/** Sets `count` bits of bytes that are still 0 from `start` on. */
export function setBits(target: Uint8Array, start: number, count: number): void {
  let at = start;
  const end = start + count;
  while (at < end && at % 8 !== 0) setBit(target, at++);
  const whole = (end - at) >> 3;
  target.fill(0xff, at >> 3, (at >> 3) + whole);
  at += whole * 8;
  while (at < end) setBit(target, at++);
}

function setBit(target: Uint8Array, at: number): void {
  target[at >> 3] = (target[at >> 3] ?? 0) | (1 << (at & 7));
}

export function getBit(bits: Uint8Array, at: number): boolean {
  return (((bits[at >> 3] ?? 0) >> (at & 7)) & 1) !== 0;
}

const onesOfByte = Uint8Array.from({ length: 256 }, (_, byte) => {
  let ones = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) ones++;
  return ones;
});

/** The number of ones among the first `count` bits. */
export function countOnes(bits: Uint8Array, count: number): number {
  let ones = 0;
  const whole = count >> 3;
  for (let i = 0; i < whole; i++) ones += onesOfByte[bits[i] ?? 0] ?? 0;
  if (count % 8 !== 0) ones += onesOfByte[(bits[whole] ?? 0) & ((1 << (count % 8)) - 1)] ?? 0;
  return ones;
}

/** The validity bits of a column under construction; no memory is used before the first null. */
export class ValidityBuilder {
  private bits: Uint8Array | undefined;
  private length = 0;

  /** Appends bits of `source`, or `count` ones without it. */
  append(source: Uint8Array | undefined, start: number, count: number): void {
    const end = this.length + count;
    if (source === undefined && this.bits === undefined) {
      this.length = end;
      return;
    }
    const bits = this.reserve(end);
    if (source === undefined) setBits(bits, this.length, count);
    else copyBits(source, start, bits, this.length, count);
    this.length = end;
  }

  appendBit(valid: boolean): void {
    if (valid && this.bits === undefined) {
      this.length++;
      return;
    }
    const bits = this.reserve(this.length + 1);
    if (valid) setBit(bits, this.length);
    this.length++;
  }

  /** The bits and the number of nulls among them; the builder begins anew. */
  finish(): { nullCount: number; nullBitmap: Uint8Array | undefined } {
    const { bits, length } = this;
    this.bits = undefined;
    this.length = 0;
    const nullCount = bits === undefined ? 0 : length - countOnes(bits, length);
    return { nullCount, nullBitmap: nullCount === 0 ? undefined : bits };
  }

  private reserve(count: number): Uint8Array {
    const bytes = (((count + 63) >> 6) << 3) >>> 0;
    if (this.bits === undefined) {
      this.bits = new Uint8Array(Math.max(bytes, 8192));
      setBits(this.bits, 0, this.length);
    } else if (this.bits.length < bytes) {
      const grown = new Uint8Array(Math.max(bytes, this.bits.length * 2));
      grown.set(this.bits);
      this.bits = grown;
    }
    return this.bits;
  }
}
