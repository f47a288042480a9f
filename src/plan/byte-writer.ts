const encoder = new TextEncoder();

type Numbers = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint32Array | Uint8Array;

/** Little-endian bytes that grow: what the native decoders of plans and models read. */
export class ByteWriter {
  #buffer = new Uint8Array(1024);
  #view = new DataView(this.#buffer.buffer);
  #size = 0;

  #reserve(bytes: number): number {
    const at = this.#size;
    if (at + bytes > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(this.#buffer.length * 2, at + bytes));
      grown.set(this.#buffer);
      this.#buffer = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#size = at + bytes;
    return at;
  }
  u8(value: number): void {
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
  }
  u32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, true);
  }
  i64(value: bigint): void {
    const at = this.#reserve(8);
    this.#view.setBigInt64(at, value, true);
  }
  f64(value: number): void {
    const at = this.#reserve(8);
    this.#view.setFloat64(at, value, true);
  }
  /** u32 count and the elements, copied as they are: every machine that runs this is little-endian. */
  array(values: Numbers): void {
    this.u32(values.length);
    const at = this.#reserve(values.byteLength);
    this.#buffer.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
  }
  /** u32 bytes and the text in UTF-8. */
  text(value: string): void {
    this.array(encoder.encode(value));
  }
  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#size);
  }
}
