import type { TreeEnsemble } from "../../program.js";
import { numbers } from "../emitter.js";
import type { Node } from "../node.js";
import type { Operators } from "../operators.js";
import type { Rows, Value } from "../value.js";
import { labelRows, readLabels } from "./classes.js";
import { decide } from "./decision.js";
import { layOut, reach, type Trees } from "./ensemble.js";
import { readTreeLists } from "./tree-lists.js";
import { readMembers } from "./tree-nodes.js";
import { readTransform, transformed, type Transform } from "./transform.js";

const INPUTS = ["float32", "float64", "int64", "int32"] as const;

/** The input as the trees compare it: integers as float32. */
export function comparable(node: Node, input: Rows): { readonly register: number; readonly precision: "f32" | "f64" } {
  const precision = input.type === "float64" ? "f64" : "f32";
  return { register: node.emit.cast(input.register, precision), precision };
}

export function ensemble(trees: Trees, precision: "f32" | "f64", aggregate: TreeEnsemble["aggregate"], base: Float64Array): TreeEnsemble {
  return { ...trees, targets: base.length, compare: precision, accumulate: precision, aggregate, base, baseFirst: false };
}

function checkTargets(node: Node, trees: Trees, targets: number): void {
  for (const target of trees.leafTargets) if (target < 0 || target >= targets) throw node.invalid(`a weight for target ${target} of ${targets}`);
}

/** With one target only the first weight of a leaf counts, whatever target it names. */
function firstWeights(trees: Trees): Trees {
  const starts = new Int32Array(trees.leafStarts.length);
  const values: number[] = [];
  for (let at = 0; at < trees.modes.length; at++) {
    const start = trees.leafStarts[at] as number;
    if (start < (trees.leafStarts[at + 1] as number)) values.push(trees.leafValues[start] as number);
    starts[at + 1] = values.length;
  }
  return { ...trees, leafStarts: starts, leafTargets: new Int32Array(values.length), leafValues: Float64Array.from(values) };
}

interface Summed {
  readonly register: number;
  readonly precision: "f32" | "f64";
  readonly trees: Trees;
  /** What each target has when no leaf adds to it. */
  readonly base: Float64Array;
}

/** The sums of targets that a leaf adds to, and `otherwise` for the others, where it differs from their base value. */
export function whereReached(node: Node, { register, precision, trees, base }: Summed, sums: number, otherwise: number): number {
  const { emit } = node;
  const reached = reach(trees, base.length);
  if (reached.every((how, i) => how === "always" || base[i] === otherwise)) return sums;
  const other = emit.number(precision, otherwise);
  const zero = emit.number(precision, 0);
  const zeros = new Float64Array(base.length);
  const counted = reached.includes("sometimes")
    ? emit.trees(register, ensemble({ ...trees, leafValues: new Float64Array(trees.leafValues.length).fill(1) }, precision, "sum", zeros))
    : emit.constant(precision, numbers(precision, reached.map((how) => (how === "always" ? 1 : 0))));
  return emit.where(emit.binary("gt", counted, zero), sums, other);
}

const AGGREGATES: Readonly<Record<string, TreeEnsemble["aggregate"]>> = { SUM: "sum", AVERAGE: "average", MIN: "min", MAX: "max" };

/** Scores of one target know only PROBIT; those of several all transforms. */
function regressionScores(node: Node, transform: Transform, scores: number): number {
  return node.emit.width(scores) === 1 && transform !== "PROBIT" ? scores : transformed(node, transform, scores);
}

function regressor(node: Node): Value[] {
  const { attributes, emit } = node;
  const input = node.matrix(0);
  node.takes(input, INPUTS);
  const targets = attributes.int("n_targets", 0);
  if (targets < 1) throw node.invalid(`${targets} targets`);
  node.checkWidth(targets);
  const name = attributes.string("aggregate_function", "SUM");
  const aggregate = Object.hasOwn(AGGREGATES, name) ? AGGREGATES[name] : undefined;
  if (aggregate === undefined) throw node.refuse(`the aggregate_function ${JSON.stringify(name)}`);
  const transform = readTransform(node);
  const { register, precision } = comparable(node, input);
  const lists = readTreeLists(node, "target", input);
  let trees = layOut(node, lists.source, emit.width(input.register));
  if (targets === 1) trees = firstWeights(trees);
  else checkTargets(node, trees, targets);
  if (lists.base.length !== 0 && lists.base.length !== targets) throw node.refuse(`${lists.base.length} base values for ${targets} targets`);
  const base = new Float64Array(targets);
  base.set(Array.from(lists.base));
  // One target always has its base value; of several, one that no leaf adds to stays 0.
  const sums = emit.trees(register, ensemble(trees, precision, aggregate, base));
  const reached = targets === 1 ? sums : whereReached(node, { register, precision, trees, base }, sums, 0);
  const scores = emit.cast(reached, "f32");
  return [node.result("float32", regressionScores(node, transform, scores), [targets])];
}

function classifier(node: Node): Value[] {
  const { emit } = node;
  const input = node.matrix(0);
  node.takes(input, INPUTS);
  const labels = readLabels(node, "classlabels_int64s");
  const classes = node.checkWidth(labels.length);
  const transform = readTransform(node);
  const { register, precision } = comparable(node, input);
  const lists = readTreeLists(node, "class", input);
  if (classes === 1) throw node.refuse("a classifier of one class");
  const trees = layOut(node, lists.source, emit.width(input.register));
  checkTargets(node, trees, classes);
  const decision = decide(node, { labels, transform, register, precision, trees, lists });
  return [labelRows(decision.labels, decision.label), node.result("float32", decision.scores, [classes])];
}

const AGGREGATE_CODES = ["average", "sum", "min", "max"] as const;
/** As ONNX Runtime reads the numbers; the specification has 1 and 2 the other way round. */
const TRANSFORM_CODES = ["NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO", "PROBIT"] as const;

function treeEnsemble(node: Node): Value[] {
  const { attributes, emit } = node;
  const input = node.matrix(0);
  node.takes(input, ["float32", "float64"]);
  const targets = attributes.int("n_targets", 0);
  if (targets < 1) throw node.invalid(`${targets} targets`);
  node.checkWidth(targets);
  const aggregate = AGGREGATE_CODES[attributes.int("aggregate_function", 1)];
  const transform = TRANSFORM_CODES[attributes.int("post_transform", 0)];
  if (aggregate === undefined || transform === undefined) throw node.refuse("an aggregate_function or post_transform that is not known");
  const { register, source } = readMembers(node, input);
  const trees = layOut(node, source, emit.width(register));
  checkTargets(node, trees, targets);
  const precision = input.type === "float64" ? "f64" : "f32";
  const scores = emit.trees(register, ensemble(trees, precision, aggregate, new Float64Array(targets)));
  if (targets === 1 && transform !== "PROBIT") return [node.result(input.type, scores, [targets])];
  if (transform === "NONE") return [node.result(input.type, scores, [targets])];
  // The transforms are of float32 whatever the scores are.
  const out = regressionScores(node, transform, emit.cast(scores, "f32"));
  return [node.result(input.type, emit.cast(out, precision), [targets])];
}

export const TREE_OPERATORS: Operators = {
  TreeEnsembleClassifier: { since: 1, compile: classifier },
  TreeEnsembleRegressor: { since: 1, compile: regressor },
  TreeEnsemble: { since: 5, compile: treeEnsemble },
};
