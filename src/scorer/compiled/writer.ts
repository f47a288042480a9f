import { ByteWriter } from "../../plan/byte-writer.js";

/** Bytes of a model program. */
export class ModelWriter extends ByteWriter {
  /** u8 element and an array of it. */
  values(values: Float32Array | Float64Array | BigInt64Array | readonly string[]): void {
    if (values instanceof Float32Array) this.u8(0);
    else if (values instanceof Float64Array) this.u8(1);
    else if (values instanceof BigInt64Array) this.u8(2);
    else {
      this.u8(3);
      this.u32(values.length);
      for (const text of values) this.text(text);
      return;
    }
    this.array(values);
  }
}
