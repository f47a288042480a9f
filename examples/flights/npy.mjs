// Float32 arrays in NumPy's file format, version 1.0 (numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
import { open } from "node:fs/promises";

/** Writes a matrix of `width` columns (a vector where it is 0) of which the number of rows is known when it is closed. */
export async function createNpy(path, width = 0) {
  const file = await open(path, "w");
  const header = (rows) => {
    const shape = width === 0 ? `(${rows},)` : `(${rows}, ${width})`;
    const text = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`;
    // Magic, version, length of the text, the text padded to 128 bytes in all.
    return Buffer.concat([Buffer.from("\x93NUMPY\x01\x00", "latin1"), Buffer.from([118, 0]), Buffer.from(`${text.padEnd(117)}\n`, "latin1")]);
  };
  let values = 0;
  await file.write(header(0));
  return {
    async write(array) {
      await file.write(Buffer.from(array.buffer, array.byteOffset, array.byteLength));
      values += array.length;
    },
    async close() {
      await file.write(header(width === 0 ? values : values / width), 0, 128, 0);
      await file.close();
    },
  };
}
