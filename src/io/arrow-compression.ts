// Decompression of Arrow IPC bodies: LZ4 frames (what pandas and pyarrow write into Feather files) and,
// where the Node version has it, Zstandard.
import { CompressionType, compressionRegistry } from "apache-arrow";
import * as zlib from "node:zlib";

/** Makes compressed files readable, unless the program has set decoders of its own. */
export function registerDecoders(): void {
  if (!compressionRegistry.get(CompressionType.LZ4_FRAME)) {
    compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: decodeLz4Frame });
  }
  const zstd: unknown = "zstdDecompressSync" in zlib ? zlib.zstdDecompressSync : undefined;
  if (typeof zstd === "function" && !compressionRegistry.get(CompressionType.ZSTD)) {
    const decode = zstd as (data: Uint8Array) => Uint8Array;
    compressionRegistry.set(CompressionType.ZSTD, { decode: (data) => Uint8Array.from(decode(data)) });
  }
}

/**
 * Decodes an LZ4 frame by the LZ4 frame format description, version 1.6. Checksums are skipped, not
 * verified.
 */
export function decodeLz4Frame(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 7 || view.getUint32(0, true) !== 0x184d2204) throw new Error("not an LZ4 frame");
  const flags = frame[4] ?? 0;
  if (flags >> 6 !== 1) throw new Error("unknown version of the LZ4 frame format");
  const hasBlockChecksum = (flags & 0x10) !== 0;
  const hasSize = (flags & 0x08) !== 0;
  let at = 6 + (hasSize ? 8 : 0) + ((flags & 0x01) !== 0 ? 4 : 0) + 1;
  if (at > frame.length) throw new Error("the LZ4 frame is truncated");
  const declared = hasSize ? Number(view.getBigUint64(6, true)) : frame.length * 4;
  const output = new Output(Math.min(declared, frame.length * 255));
  for (;;) {
    if (at + 4 > frame.length) throw new Error("the LZ4 frame is truncated");
    const head = view.getUint32(at, true);
    at += 4;
    if (head === 0) break;
    const size = head & 0x7fffffff;
    if (at + size > frame.length) throw new Error("the LZ4 frame is truncated");
    const block = frame.subarray(at, at + size);
    if (head >>> 31 === 1) output.append(block);
    else decodeBlock(block, output);
    at += size + (hasBlockChecksum ? 4 : 0);
  }
  if (hasSize && output.length !== declared)
    throw new Error("the LZ4 frame has not the size that it declares");
  return output.finish();
}

class Output {
  bytes: Uint8Array;
  length = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  append(part: Uint8Array): void {
    this.reserve(part.length);
    this.bytes.set(part, this.length);
    this.length += part.length;
  }

  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

function decodeBlock(block: Uint8Array, output: Output): void {
  let at = 0;
  const extended = (start: number): number => {
    let length = start;
    if (start !== 15) return length;
    for (;;) {
      const byte = block[at++];
      if (byte === undefined) throw new Error("the LZ4 block is truncated");
      length += byte;
      if (byte !== 255) return length;
    }
  };
  while (at < block.length) {
    const token = block[at++] ?? 0;
    const literals = extended(token >> 4);
    if (at + literals > block.length) throw new Error("the LZ4 block is truncated");
    output.append(block.subarray(at, at + literals));
    at += literals;
    if (at === block.length) return;
    if (at + 2 > block.length) throw new Error("the LZ4 block is truncated");
    const distance = (block[at] ?? 0) | ((block[at + 1] ?? 0) << 8);
    at += 2;
    const length = extended(token & 15) + 4;
    if (distance === 0 || distance > output.length)
      throw new Error("the LZ4 block points before its beginning");
    output.reserve(length);
    const { bytes } = output;
    const from = output.length - distance;
    if (distance >= length) bytes.copyWithin(output.length, from, from + length);
    else for (let i = 0; i < length; i++) bytes[output.length + i] = bytes[from + i] ?? 0;
    output.length += length;
  }
}
