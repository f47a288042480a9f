import type { Node } from "../node.js";
import type { Labels } from "./classes.js";
import { reach, type Trees } from "./ensemble.js";
import type { Transform } from "./transform.js";
import { transformed } from "./transform.js";
import type { TreeLists } from "./tree-lists.js";
import { ensemble } from "./trees.js";

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
  if (lists.base.length > classes) throw node.invalid(`${lists.base.length} base values for ${classes} classes`);
  const base = new Float64Array(classes);
  base.set(Array.from(lists.base));
  const sums = emit.trees(register, ensemble(trees, precision, "sum", base));
  const reached = reach(trees, classes).map((how, i) => (i < lists.base.length ? "always" : how));
  let compared = sums;
  // Where all weights are above 0, a class that no leaf adds to is below every other.
  if (reached.some((how) => how !== "always") && !(lists.base.length === 0 && trees.leafValues.every((value) => value > 0))) {
    const counts = reached.map((how) => (how === "never" ? 0 : how === "always" ? 1 : NaN));
    const counted = counts.some(Number.isNaN) ? emit.trees(register, ensemble({ ...trees, leafValues: new Float64Array(trees.leafValues.length).fill(1) }, precision, "sum", new Float64Array(classes).map((_, i) => (i < lists.base.length ? 1 : 0)))) : emit.constant(precision, precision === "f32" ? Float32Array.from(counts) : Float64Array.from(counts));
    compared = emit.where(emit.binary("gt", counted, emit.number(precision, 0)), sums, emit.number(precision, -Infinity));
  }
  return { label: emit.argmax("max", false, compared), labels, scores: transformed(node, transform, emit.cast(sums, "f32")) };
}

function decideTwo(node: Node, { labels, transform, register, precision, trees, lists }: Question): Decision {
  const { emit } = node;
  const base = Array.from(lists.base);
  const [first, second] = reach(trees, 2) as readonly ["always" | "sometimes" | "never", "always" | "sometimes" | "never"];
  if (second === "sometimes" || (first === "sometimes" && second !== "always")) throw node.refuse("a class that only some rows reach");
  if (base.length > 2) throw node.refuse(`${base.length} base values for two classes`);
  const oneColumn = new Set(lists.weightTargets).size === 1;
  const positive = Array.from(lists.weights).every((weight) => !(weight < 0));
  const sums = emit.trees(register, ensemble(trees, precision, "sum", new Float64Array(2)));
  const column = (at: number): number => emit.select(sums, [at]);
  const plus = (scores: number, by: number): number => emit.binary("add", scores, emit.number(precision, by));
  const zero = emit.number(precision, 0);
  const half = emit.number(precision, 0.5);
  // Without a column of its own the labels are 0 and 1, whatever the model says, unless they are texts.
  const named = oneColumn || !(labels instanceof BigInt64Array) ? labels : BigInt64Array.of(0n, 1n);
  const decided = (score: number): number => emit.binary("gt", score, oneColumn && positive ? half : zero);
  const f32 = (scores: number): number => emit.cast(scores, "f32");
  if (second === "always" || base.length === 2) {
    let scores = sums;
    if (base.length === 2 && second === "always") {
      const p1 = plus(column(0), base[1] as number);
      scores = emit.concat([emit.unary("neg", p1), p1]);
    } else if (base.length === 2) {
      scores = emit.concat([plus(column(0), base[0] as number), plus(column(1), base[1] as number)]);
    } else if (base.length === 1) {
      scores = emit.concat([plus(column(0), base[0] as number), column(1)]);
    }
    const deciding = emit.select(scores, [second === "always" ? 1 : 0]);
    return { label: decided(deciding), labels: named, scores: transformed(node, transform, f32(scores)) };
  }
  const score = base.length === 1 ? plus(column(0), base[0] as number) : column(0);
  if (transform === "PROBIT") throw node.refuse("PROBIT of one column for two classes");
  const label = decided(score);
  if (oneColumn && positive) {
    const other = emit.binary("sub", emit.number(precision, 1), score);
    return { label, labels: named, scores: f32(emit.concat([other, score])) };
  }
  const both = emit.concat([emit.unary("neg", score), score]);
  return { label, labels: named, scores: transform === "LOGISTIC" ? emit.unary("sigmoid", f32(both)) : f32(both) };
}
