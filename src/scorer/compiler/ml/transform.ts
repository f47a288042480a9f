import type { Node } from "../node.js";

export const TRANSFORMS = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"] as const;
export type Transform = (typeof TRANSFORMS)[number];

export function readTransform(node: Node): Transform {
  const name = node.attributes.string("post_transform", "NONE");
  const transform = TRANSFORMS.find((known) => known === name);
  if (transform === undefined) throw node.refuse(`the post_transform ${JSON.stringify(name)}`);
  return transform;
}

/** A float32 register of scores, transformed. */
export function transformed(node: Node, transform: Transform, scores: number): number {
  switch (transform) {
    case "NONE":
      return scores;
    case "SOFTMAX":
      return node.emit.softmax("softmax", scores);
    case "SOFTMAX_ZERO":
      return node.emit.softmax("softmaxZero", scores);
    case "LOGISTIC":
      return node.emit.unary("sigmoid", scores);
    case "PROBIT":
      return node.emit.unary("probit", scores);
  }
}
