import type { Node } from "../node.js";
import type { Rows } from "../value.js";

export type Labels = readonly string[] | BigInt64Array;

/** A classifier's labels; texts go before numbers where both are given, as in ONNX Runtime. */
export function readLabels(node: Node, integersName: string): Labels {
  const texts = node.attributes.strings("classlabels_strings") ?? [];
  const integers = node.attributes.int64s(integersName) ?? new BigInt64Array(0);
  const labels = texts.length > 0 ? texts : integers;
  if (labels.length === 0) throw node.refuse("it has no class labels");
  return labels;
}

/** The label output: [N], an index into the labels. */
export function labelRows(labels: Labels, register: number): Rows {
  const type = labels instanceof BigInt64Array ? "int64" : "string";
  const bound = labels.length;
  // Labels 0, 1, 2, … are their own index.
  if (labels instanceof BigInt64Array && labels.every((label, i) => label === BigInt(i))) return { kind: "rows", type, register, dims: [], bound };
  return { kind: "rows", type, register, dims: [], labels };
}
