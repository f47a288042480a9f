const encoder = new TextEncoder();

function scramble(k: number): number {
  k = Math.imul(k, 0xcc9e2d51);
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593);
}

/** MurmurHash3_x86_32 (Austin Appleby) of the text's UTF-8: the same number on every machine. */
export function murmur3(text: string, seed = 0): number {
  const bytes = encoder.encode(text);
  const words = bytes.length >>> 2;
  let h = seed | 0;
  for (let i = 0; i < words * 4; i += 4) {
    h ^= scramble((bytes[i] as number) | ((bytes[i + 1] as number) << 8) | ((bytes[i + 2] as number) << 16) | ((bytes[i + 3] as number) << 24));
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = bytes.length - 1; i >= words * 4; i--) tail = (tail << 8) | (bytes[i] as number);
  if (bytes.length % 4 !== 0) h ^= scramble(tail);
  h ^= bytes.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
