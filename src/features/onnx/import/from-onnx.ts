import { readFile } from "node:fs/promises";
import { OnnxError, received, SkewlessError } from "../../../errors.js";
import { call } from "../../../expr/call.js";
import { wrap } from "../../../expr/expr.js";
import { externalReader } from "../../../onnx/external.js";
import { normalDomain, readModel } from "../../../onnx/model.js";
import { DataType, dataTypeName, type GraphProto, type ModelProto, type NodeProto, type ValueInfoProto } from "../../../onnx/schema.js";
import { readTensor, type ExternalReader } from "../../../onnx/tensor.js";
import { buildPlan, type PlannedFeature } from "../../../plan/builder.js";
import { optimize } from "../../../plan/rewrite/index.js";
import type { OutputType } from "../../../types/data-type.js";
import { t, type AnyInputType } from "../../../types/input-type.js";
import { FittedFeatures } from "../../fitted-features.js";
import { ELEMENTWISE } from "./elementwise.js";
import { LINEAR } from "./linear.js";
import { ML } from "./ml.js";
import { ImportNode, type Readers } from "./node.js";
import { SHAPE, SHAPE_ML } from "./shape.js";
import { Budget, columns, malformed, MAX_COLUMNS, unsupported, type Columns, type Value } from "./value.js";

export interface FromOnnxOptions {
  /** Names for the columns of a matrix input [N, k]; by graph input where there are several. f0, f1, … by default. */
  readonly names?: readonly string[] | Readonly<Record<string, readonly string[]>>;
  /** Which values become features: the graph's outputs by default. Naming an inner value reads the part before it only. */
  readonly outputs?: readonly string[];
  /** Names of the features, for all columns of all outputs in order. */
  readonly featureNames?: readonly string[];
}

const READERS: ReadonlyMap<string, Readers> = new Map([
  ["", { ...ELEMENTWISE, ...SHAPE, ...LINEAR }],
  ["ai.onnx.ml", { ...ML, ...SHAPE_ML }],
]);

const INPUT_TYPES: ReadonlyMap<number, AnyInputType> = new Map<number, AnyInputType>([
  // null in a row reads as NaN, which is how graphs know missing numbers.
  [DataType.FLOAT, t.float32().nullable()],
  [DataType.DOUBLE, t.float64().nullable()],
  [DataType.INT64, t.int64()],
  [DataType.INT32, t.int32()],
  [DataType.BOOL, t.bool()],
  [DataType.STRING, t.utf8()],
]);

const OUTPUT_TYPES: ReadonlyMap<number, OutputType> = new Map<number, OutputType>([
  [DataType.FLOAT, "float32"],
  [DataType.DOUBLE, "float64"],
  [DataType.INT64, "int64"],
  [DataType.INT32, "int32"],
  [DataType.BOOL, "bool"],
  [DataType.STRING, "utf8"],
]);

/**
 * Reads a preprocessing graph, as skl2onnx writes them, into features: the same numbers as ONNX Runtime's within
 * float32 rounding. UNSUPPORTED_ONNX names the node and operator that cannot be read, INVALID_ONNX what is wrong
 * with the file; nothing is half built.
 */
export async function fromOnnx(model: string | Uint8Array, options: FromOnnxOptions = {}): Promise<FittedFeatures> {
  if (typeof model !== "string") return fromModel(readModel(model), options, undefined);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(model);
  } catch (cause) {
    throw new OnnxError("INVALID_ONNX", `cannot read ${model}: ${cause instanceof Error ? cause.message : String(cause)}`, {}, { cause });
  }
  return fromModel(readModel(bytes), options, externalReader(model));
}

export function fromModel(model: ModelProto & { readonly graph: GraphProto }, options: FromOnnxOptions, external: ExternalReader | undefined): FittedFeatures {
  const { graph } = model;
  const outputs = options.outputs ?? (graph.output ?? []).map((output) => output.name ?? "");
  if (outputs.length === 0) throw malformed("the graph has no outputs");
  const values = new Map<string, Value>();
  const needed = neededNodes(graph, outputs);
  for (const initializer of graph.initializer ?? []) {
    if (needed.values.has(initializer.name ?? "")) values.set(initializer.name ?? "", { kind: "constant", tensor: readTensor(initializer, external) });
  }
  const declared: Record<string, AnyInputType> = Object.create(null) as Record<string, AnyInputType>;
  const inputs = (graph.input ?? []).filter(({ name }) => !values.has(name ?? ""));
  const names = inputNames(inputs, options.names);
  for (const input of inputs) {
    values.set(input.name ?? "", declareInput(input, names.get(input) as readonly string[], declared));
  }
  const budget = new Budget();
  for (const node of needed.nodes) readNode(node, values, external, budget);
  const features = outputs.flatMap((name) => featuresOf(name, values.get(name)));
  const given = options.featureNames;
  if (given !== undefined && given.length !== features.length) {
    throw new OnnxError("INVALID_PARAMETER", "featureNames", { expected: `${features.length} names`, actual: received(given) });
  }
  const planned = features.map((feature, i): PlannedFeature => ({ ...feature, name: given?.[i] ?? feature.name }));
  if (new Set(planned.map(({ name }) => name)).size !== planned.length) throw unsupported("two features of one name", "Name them with the option featureNames");
  const planInputs = Object.entries(declared).map(([name, input]) => ({ name, input }));
  const plan = optimize(buildPlan(planInputs, planned));
  return new FittedFeatures({ ...declared }, plan, []);
}

/** The nodes that the outputs depend on, in the file's order, and the values that they read. */
function neededNodes(graph: GraphProto, outputs: readonly string[]): { readonly nodes: readonly NodeProto[]; readonly values: ReadonlySet<string> } {
  const values = new Set(outputs);
  const nodes: NodeProto[] = [];
  for (const node of [...(graph.node ?? [])].reverse()) {
    if (!(node.output ?? []).some((name) => values.has(name))) continue;
    nodes.push(node);
    for (const name of node.input ?? []) values.add(name);
  }
  return { nodes: nodes.reverse(), values };
}

function describeNode(node: NodeProto): string {
  const domain = normalDomain(node.domain);
  const name = node.name === undefined || node.name === "" ? `of ${JSON.stringify(node.output?.[0] ?? "")}` : JSON.stringify(node.name);
  return `node ${name}, operator ${node.opType ?? ""} of ${domain === "" ? "ai.onnx" : domain}`;
}

function readNode(node: NodeProto, values: Map<string, Value>, external: ExternalReader | undefined, budget: Budget): void {
  const domain = normalDomain(node.domain);
  const readers = READERS.get(domain) ?? {};
  const reader = Object.hasOwn(readers, node.opType ?? "") ? readers[node.opType ?? ""] : undefined;
  if (reader === undefined) {
    throw unsupported(`${describeNode(node)}, cannot be read into features`, "Read the part before it with the option outputs, and score the rest as a model");
  }
  const inputs = (node.input ?? []).map((name) => {
    if (name === "") return undefined;
    const value = values.get(name);
    if (value === undefined) throw malformed(`${describeNode(node)}, reads ${JSON.stringify(name)} before it is computed`);
    return value;
  });
  let results: readonly Value[];
  try {
    const result = reader(new ImportNode(node, inputs, external, budget));
    results = Array.isArray(result) ? (result as readonly Value[]) : [result as Value];
    for (const value of results) if (value.kind === "columns") budget.spend(value.exprs.length);
  } catch (error) {
    if (error instanceof OnnxError) throw error.with({}, `${describeNode(node)}: ${error.what}`);
    // The expressions' own checks: operands of a type that the function does not take.
    if (error instanceof SkewlessError) throw unsupported(`${describeNode(node)}: ${error.message}`);
    throw error;
  }
  for (const [i, name] of (node.output ?? []).entries()) {
    const value = results[i];
    if (name === "") continue;
    if (value === undefined) throw unsupported(`${describeNode(node)}: output ${i}`);
    if (values.has(name)) throw malformed(`${describeNode(node)}, gives ${JSON.stringify(name)} a second time`);
    values.set(name, value);
  }
}

// ---- inputs and outputs ------------------------------------------------------------------------------------------

interface Shape {
  readonly type: number;
  /** Columns; undefined for [N]. */
  readonly width: number | undefined;
}

function shapeOf(input: ValueInfoProto): Shape {
  const where = `input ${JSON.stringify(input.name ?? "")}`;
  const tensor = input.type?.tensorType;
  if (tensor === undefined) throw unsupported(`${where} is no tensor`);
  const type = tensor.elemType ?? 0;
  if (!INPUT_TYPES.has(type)) throw unsupported(`${where} has the type ${dataTypeName(type)}`);
  const dims = tensor.shape?.dim;
  if (dims === undefined || dims.length === 0 || dims.length > 2) throw unsupported(`${where} has no shape [N], [N, 1] or [N, k]`);
  if (dims.length === 1) return { type, width: undefined };
  const width = dims[1]?.dimValue;
  if (width === undefined) throw unsupported(`${where} does not say how many columns it has`);
  if (width < 1n || width > BigInt(MAX_COLUMNS)) throw unsupported(`${where} has ${width} columns`);
  return { type, width: Number(width) };
}

/** The declared inputs that each graph input becomes. */
function inputNames(inputs: readonly ValueInfoProto[], names: FromOnnxOptions["names"]): ReadonlyMap<ValueInfoProto, readonly string[]> {
  const wide = inputs.filter((input) => (shapeOf(input).width ?? 1) > 1);
  const out = new Map<ValueInfoProto, readonly string[]>();
  for (const input of inputs) {
    const { width } = shapeOf(input);
    const own = input.name ?? "";
    const given = namesFor(names, own, wide.length === 1 && input === wide[0]);
    if (given !== undefined && given.length !== (width ?? 1)) {
      throw new OnnxError("INVALID_PARAMETER", `names of input ${JSON.stringify(own)}`, { expected: `${width ?? 1} names`, actual: `${given.length}` });
    }
    const prefix = wide.length > 1 ? `${own}_` : "f";
    const fallback = width === undefined || width === 1 ? [own] : Array.from({ length: width }, (_, i) => `${prefix}${i}`);
    out.set(input, given ?? fallback);
  }
  return out;
}

function namesFor(names: FromOnnxOptions["names"], input: string, onlyMatrix: boolean): readonly string[] | undefined {
  if (Array.isArray(names)) return onlyMatrix ? (names as readonly string[]) : undefined;
  return (names as Readonly<Record<string, readonly string[]>> | undefined)?.[input];
}

function declareInput(input: ValueInfoProto, names: readonly string[], declared: Record<string, AnyInputType>): Columns {
  const { type, width } = shapeOf(input);
  const inputType = INPUT_TYPES.get(type) as AnyInputType;
  const exprs = names.map((name) => {
    if (name === "" || name in declared) throw unsupported(`two inputs named ${JSON.stringify(name)}`, "Name the columns with the option names");
    declared[name] = inputType;
    const expr = wrap(Object.freeze({ kind: "input", name, type: inputType.type, input: inputType }));
    if (inputType.isNullable) return call("nullToNaN", [expr]);
    return type === DataType.INT32 ? call("toInt64", [expr]) : expr;
  });
  return columns(type, width === undefined ? [] : [width], exprs);
}

function featuresOf(name: string, value: Value | undefined): PlannedFeature[] {
  if (value === undefined) throw malformed(`output ${JSON.stringify(name)} is not computed`);
  if (value.kind === "constant") throw unsupported(`output ${JSON.stringify(name)} is a constant`);
  const output = OUTPUT_TYPES.get(value.type);
  if (output === undefined) throw unsupported(`output ${JSON.stringify(name)} has the type ${dataTypeName(value.type)}`);
  return value.exprs.map((expr, i) => ({ name: value.exprs.length === 1 ? name : `${name}_${i}`, node: expr.node, output }));
}
