import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { OnnxError } from "../errors.js";
import type { ExternalReader } from "./tensor.js";

/** Reads external data beside a model. A location that leaves the model's folder is refused, as ONNX Runtime does. */
export function externalReader(modelPath: string): ExternalReader {
  const folder = dirname(resolve(modelPath));
  return (location, offset, length) => {
    const path = resolve(folder, location);
    const inside = relative(folder, path);
    if (isAbsolute(location) || inside === "" || inside.startsWith("..") || isAbsolute(inside)) {
      throw new OnnxError("INVALID_ONNX", `external data at ${JSON.stringify(location)}, which is not beside the model`);
    }
    let file: number;
    try {
      file = openSync(path, "r");
    } catch (cause) {
      throw new OnnxError("INVALID_ONNX", `cannot read the external data ${JSON.stringify(location)}`, {}, { cause });
    }
    try {
      const { size } = fstatSync(file);
      const wanted = length ?? Math.max(0, size - offset);
      if (offset + wanted > size) {
        throw new OnnxError("INVALID_ONNX", `external data ${JSON.stringify(location)} has ${size} bytes, ${offset + wanted} are claimed`);
      }
      const out = new Uint8Array(wanted);
      for (let at = 0; at < wanted; ) {
        const read = readSync(file, out, at, wanted - at, offset + at);
        if (read === 0) throw new OnnxError("INVALID_ONNX", `external data ${JSON.stringify(location)} ended while it was read`);
        at += read;
      }
      return out;
    } finally {
      closeSync(file);
    }
  };
}
