import type { AnyInputType, Storage } from "../../types/input-type.js";

/**
 * A row's bytes, little-endian throughout, whatever their place in memory (nothing is aligned):
 *
 *   0   u8   version of this layout
 *   1   u24  zero
 *   4   u32  checksum of the bytes 0 to 3 and 8 to the end
 *   8   u64  id of the schema (its hash)
 *   16  f64  event time in milliseconds since 1970, where the stores' scripts find it
 *   24  u32… a bit for each feature, set where it is null
 *       …    each feature's slot, in the order of declaration; the slot of text or a list is its offset from the row's
 *            start (u32) and its bytes or elements (u32, the highest bit set where a list's null bits follow its elements)
 *       …    texts and lists: elements side by side, then a bit for each that is there;
 *            of texts first where each ends (u32, from the first text's start)
 *
 * The whole is padded with zeros to a multiple of 4.
 */
export const ROW_VERSION = 1;
export const CHECKSUM_AT = 4;
export const SCHEMA_AT = 8;
export const EVENT_TIME_AT = 16;
export const NULLS_AT = 24;
export const LIST_NULLS = 0x80000000;

/** Rows above this are refused when they are written. */
export const MAX_ROW_BYTES = 64 * 2 ** 20;

/** Bytes of a value's slot. float16 is kept as float32, which holds each of its values. */
export const SLOT_BYTES: Readonly<Record<Storage, number>> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  float16: 4,
  float32: 4,
  date32: 4,
  int64: 8,
  uint64: 8,
  float64: 8,
  timestamp: 8,
  date64: 8,
  utf8: 8,
  list: 8,
  fixedSizeList: 8,
};

export interface Layout {
  /** Offset of each feature's slot from the row's start. */
  readonly slots: readonly number[];
  /** Where texts and lists begin. */
  readonly heap: number;
}

export function layoutOf(types: readonly AnyInputType[]): Layout {
  let at = NULLS_AT + 4 * Math.ceil(types.length / 32);
  const slots = types.map(({ storage }) => {
    const slot = at;
    at += SLOT_BYTES[storage];
    return slot;
  });
  return { slots, heap: at };
}

/**
 * MurmurHash3 (Austin Appleby, public domain), 32 bits, over the row without the checksum itself. It finds bytes that
 * something else wrote or that a disk lost; it is no protection against somebody who can write to the store.
 */
export function checksum(view: DataView, length: number): number {
  let h = mix(0, view.getUint32(0, true));
  for (let at = SCHEMA_AT; at < length; at += 4) h = mix(h, view.getUint32(at, true));
  h ^= length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function mix(h: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  h ^= k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}
