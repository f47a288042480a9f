import type { Node } from "../node.js";
import type { Labels } from "./classes.js";
import { reach, type Trees } from "./ensemble.js";
import type { Transform } from "./transform.js";
import { transformed } from "./transform.js";
import type { TreeLists } from "./tree-lists.js";
import { ensemble, whereReached } from "./trees.js";

/**
 * How TreeEnsembleClassifier gets labels and scores from sums of weights. The specification leaves two classes to the
 * reader; this is what ONNX Runtime does (tree_ensemble_aggregator.h, write_scores in ml_common.h).
 */
export interface Question {
  readonly labels: Labels;
  readonly transform: Transform;
  /** The input as trees compare it. */
  readonly register: number;
  readonly precision: "f32" | "f64";
  readonly trees: Trees;
  readonly lists: TreeLists;
}

export interface Decision {
  /** i64 index into `labels`. */
  readonly label: number;
  readonly labels: Labels;
  /** f32, one a class. */
  readonly scores: number;
}

export function decide(node: Node, question: Question): Decision {
  return question.labels.length === 2 ? decideTwo(node, question) : decideMany(node, question);
}

/** The greatest score wins, the first of equal ones, of the classes for which a leaf was reached or a base value given. */
function decideMany(node: Node, { labels, transform, register, precision, trees, lists }: Question): Decision {
  const { emit } = node;
  const classes = labels.length;
  if (lists.base.length !== 0 && lists.base.length !== classes) throw node.refuse(`${lists.base.length} base values for ${classes} classes`);
  const base = new Float64Array(classes);
  base.set(Array.from(lists.base));
  const sums = emit.trees(register, ensemble(trees, precision, "sum", base));
  // Where all weights are above 0, a class that no leaf adds to is below every other anyway.
  const open = lists.base.length === 0 && trees.leafValues.some((value) => !(value > 0));
  const compared = open ? whereReached(node, { register, precision, trees, base }, sums, -Infinity) : sums;
  return { label: emit.argmax("max", false, compared), labels, scores: transformed(node, transform, emit.cast(sums, "f32")) };
}

function decideTwo(node: Node, { labels, transform, register, precision, trees, lists }: Question): Decision {
  const { emit } = node;
  const base = Array.from(lists.base);
  const [first, second] = reach(trees, 2) as readonly ["always" | "sometimes" | "never", "always" | "sometimes" | "never"];
  if (first === "sometimes" || second === "sometimes") throw node.refuse("a class that only some rows reach");
  if (base.length > 2) throw node.refuse(`${base.length} base values for two classes`);
  const oneColumn = new Set(lists.weightTargets).size === 1;
  const positive = Array.from(lists.weights).every((weight) => !(weight < 0));
  const sums = emit.trees(register, ensemble(trees, precision, "sum", new Float64Array(2)));
  const zero = emit.number(precision, 0);
  const half = emit.number(precision, 0.5);
  /** A column with something added; 0 where no leaf adds to it. */
  const column = (at: 0 | 1, plus = 0): number => {
    const sum = emit.select(sums, [at]);
    return plus === 0 ? sum : emit.binary("add", sum, emit.number(precision, plus));
  };
  // Where both columns have weights the labels are 0 and 1, whatever the model says, unless they are texts.
  const named = oneColumn || !(labels instanceof BigInt64Array) ? labels : BigInt64Array.of(0n, 1n);
  const decided = (score: number): number => emit.binary("gt", score, oneColumn && positive ? half : zero);
  const f32 = (scores: number): number => emit.cast(scores, "f32");
  const pair = (left: number, right: number, deciding: number): Decision => ({
    label: decided(deciding),
    labels: named,
    scores: transformed(node, transform, f32(emit.concat([left, right]))),
  });
  const none = emit.select(sums, [first === "never" ? 0 : 1]);
  if (second === "always") {
    if (base.length === 2) {
      // The second score is made of the first column, and the first of the second score.
      const score = column(0, base[1] as number);
      return pair(first === "always" ? emit.unary("neg", score) : none, score, score);
    }
    const score = column(1);
    return pair(first === "always" ? column(0, base[0] ?? 0) : none, score, score);
  }
  const score = column(0, base[0] ?? 0);
  if (base.length === 2) return pair(score, none, score);
  if (transform === "PROBIT") throw node.refuse("PROBIT of one column for two classes");
  const label = decided(score);
  if (oneColumn && positive && transform !== "LOGISTIC") {
    const other = emit.binary("sub", emit.number(precision, 1), score);
    return { label, labels: named, scores: f32(emit.concat([other, score])) };
  }
  const both = emit.concat([emit.unary("neg", score), score]);
  return { label, labels: named, scores: transform === "LOGISTIC" ? emit.unary("sigmoid", f32(both)) : f32(both) };
}
