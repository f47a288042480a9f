import { ModelError } from "../errors.js";
import type { Tensor } from "./tensor.js";

/** What ONNX's ZipMap makes of scores [N, keys] or [keys]: a map of key to score for each row. */
export function zipMaps({ dims, data }: Tensor<"float32">, keys: readonly (string | bigint)[]): ReadonlyMap<string | bigint, number>[] {
  const width = dims.at(-1) ?? 1;
  if (width !== keys.length) throw new ModelError("RUNTIME_ERROR", `the model gives ${width} scores for ${keys.length} classes`);
  const rows = data.length / width;
  const out: Map<string | bigint, number>[] = [];
  for (let row = 0, at = 0; row < rows; row++) {
    const map = new Map<string | bigint, number>();
    for (const key of keys) map.set(key, data[at++] as number);
    out.push(map);
  }
  return out;
}
