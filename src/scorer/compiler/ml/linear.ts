import type { Node } from "../node.js";
import type { Operators } from "../operators.js";
import type { Value } from "../value.js";
import { labelRows, readLabels } from "./classes.js";
import { readTransform, transformed } from "./transform.js";

/** Coefficients are [targets, features] in the file, [features, targets] in a step. */
function product(node: Node, input: number, coefficients: Float32Array, targets: number, intercepts: Float32Array | undefined): number {
  const { emit } = node;
  const features = emit.width(input);
  node.checkWidth(targets);
  if (coefficients.length !== targets * features) {
    throw node.invalid(`${coefficients.length} coefficients for ${targets} targets of ${features} columns`);
  }
  const weights = new Float32Array(coefficients.length);
  for (let target = 0; target < targets; target++) {
    for (let i = 0; i < features; i++) weights[i * targets + target] = coefficients[target * features + i] as number;
  }
  return emit.dense(input, weights, targets, intercepts);
}

function classifier(node: Node): Value[] {
  const { attributes, emit } = node;
  attributes.ignore("multi_class");
  const input = node.matrix(0);
  node.takes(input, ["float32", "float64", "int64", "int32"]);
  const coefficients = attributes.floats("coefficients");
  const intercepts = attributes.floats("intercepts") ?? new Float32Array(0);
  const transform = readTransform(node);
  const labels = readLabels(node, "classlabels_ints");
  if (coefficients === undefined || intercepts.length === 0) throw node.refuse("it has no coefficients or no intercepts");
  const targets = intercepts.length;
  const raw = product(node, emit.cast(input.register, "f32"), coefficients, targets, intercepts);
  if (targets === 1) {
    // One column is the second class's.
    if (labels.length !== 2) throw node.refuse(`${labels.length} labels for one column`);
    if (transform === "PROBIT") throw node.refuse("PROBIT of one column for two classes");
    const logistic = transform === "LOGISTIC";
    const both = logistic ? emit.concat([emit.unary("neg", raw), raw]) : emit.concat([emit.binary("sub", emit.number("f32", 1), raw), raw]);
    const label = labelRows(labels, emit.binary("gt", raw, emit.number("f32", 0)));
    return [label, node.result("float32", logistic ? emit.unary("sigmoid", both) : both, [2])];
  }
  if (labels.length !== targets) throw node.refuse(`${labels.length} labels for ${targets} columns`);
  const label = labelRows(labels, emit.argmax("max", false, raw));
  return [label, node.result("float32", transformed(node, transform, raw), [targets])];
}

function regressor(node: Node): Value[] {
  const { attributes } = node;
  const input = node.matrix(0);
  node.takes(input, ["float32"]);
  const targets = attributes.int("targets", 1);
  const coefficients = attributes.floats("coefficients");
  const intercepts = attributes.floats("intercepts");
  const transform = readTransform(node);
  if (coefficients === undefined || targets < 1) throw node.refuse("it has no coefficients or no targets");
  const raw = product(node, input.register, coefficients, targets, intercepts?.length === targets ? intercepts : undefined);
  // ONNX Runtime leaves one column as it is but for PROBIT.
  const out = targets === 1 && transform !== "PROBIT" ? raw : transformed(node, transform, raw);
  return [node.result("float32", out, [targets])];
}

export const LINEAR_OPERATORS: Operators = {
  LinearClassifier: { since: 1, compile: classifier },
  LinearRegressor: { since: 1, compile: regressor },
};
