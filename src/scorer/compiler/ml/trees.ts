import type { TreeEnsemble } from "../../program.js";
import type { Node } from "../node.js";
import type { Operators } from "../operators.js";
import type { Rows, Value } from "../value.js";
import { labelRows, readLabels } from "./classes.js";
import { decide } from "./decision.js";
import { layOut, type Trees } from "./ensemble.js";
import { readTreeLists } from "./tree-lists.js";
import { readMembers } from "./tree-nodes.js";
import { readTransform, transformed, TRANSFORMS, type Transform } from "./transform.js";

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
  // Base values of another number than the targets are not used.
  const base = lists.base.length === targets ? Float64Array.from(lists.base) : new Float64Array(targets);
  const scores = emit.cast(emit.trees(register, ensemble(trees, precision, aggregate, base)), "f32");
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

function treeEnsemble(node: Node): Value[] {
  const { attributes, emit } = node;
  const input = node.matrix(0);
  node.takes(input, ["float32", "float64"]);
  const targets = attributes.int("n_targets", 0);
  if (targets < 1) throw node.invalid(`${targets} targets`);
  node.checkWidth(targets);
  const aggregate = AGGREGATE_CODES[attributes.int("aggregate_function", 1)];
  const transform = TRANSFORMS[attributes.int("post_transform", 0)];
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
