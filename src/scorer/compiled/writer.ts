const encoder = new TextEncoder();

type Numbers = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint32Array | Uint8Array;

/** Little-endian bytes that grow; typed arrays are copied as they are, since every machine that runs this is little-endian. */
export class Writer {
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
    // What no list holds (-1) becomes 255, which the decoder refuses.
    this.#view.setUint8(at, value);
  }
  u32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, true);
  }
  f64(value: number): void {
    const at = this.#reserve(8);
    this.#view.setFloat64(at, value, true);
  }
  /** u32 count and the elements. */
  array(values: Numbers): void {
    this.u32(values.length);
    const at = this.#reserve(values.byteLength);
    this.#buffer.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
  }
  /** u8 element and an array of it. */
  values(values: Float32Array | Float64Array | BigInt64Array | readonly string[]): void {
    if (values instanceof Float32Array) this.u8(0);
    else if (values instanceof Float64Array) this.u8(1);
    else if (values instanceof BigInt64Array) this.u8(2);
    else {
      this.u8(3);
      this.u32(values.length);
      for (const text of values) this.array(encoder.encode(text));
      return;
    }
    this.array(values);
  }
  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#size);
  }
}
