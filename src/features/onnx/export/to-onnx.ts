import { OnnxError } from "../../../errors.js";
import { GraphBuilder } from "../../../onnx/builder.js";
import { writeModel } from "../../../onnx/model.js";
import { registerType, type Plan, type PlanCall } from "../../../plan/plan.js";
import { kernelType } from "../../../types/data-type.js";
import type { FittedSpec } from "../../fitted-features.js";
import { MAPPINGS } from "./index.js";
import { declareInput, isList, type OnnxInput } from "./inputs.js";
import { anyNull, type Call, type Cell } from "./mapping.js";
import { Ops } from "./ops.js";
import { writeOutputs, type OnnxOutput } from "./outputs.js";

export interface ToOnnxOptions {
  /** Name of the matrix; "features" by default. */
  readonly output?: string;
  /** Every feature also as an output of its own, of the type it is declared with; false by default. */
  readonly columns?: boolean;
  /** The latest version of the ai.onnx operators that the runtime knows; 20 by default. The graph uses the least it needs, from 17. */
  readonly maxOpset?: number;
}

/** A function that ONNX cannot express. */
export interface OnnxUnsupported {
  readonly function: string;
  readonly reason: string;
  /** The features that need it. */
  readonly features: readonly string[];
}

export interface OnnxSupport {
  /** Whether `toOnnx` can write the features. */
  readonly supported: boolean;
  readonly unsupported: readonly OnnxUnsupported[];
  /** Where the graph's answers may differ by design: mostly what it gives where the engine fails. */
  readonly notes: readonly { readonly function: string; readonly note: string }[];
}

export interface OnnxModel {
  /** The model file. */
  readonly model: Uint8Array;
  readonly opset: number;
  readonly inputs: readonly OnnxInput[];
  readonly outputs: readonly OnnxOutput[];
}

const LEAST_OPSET = 17;
const LATEST_OPSET = 20;
const ML_OPSET = 3;

function callOf(plan: Plan, node: PlanCall): Call {
  return {
    name: node.name,
    types: node.args.map((register) => kernelType(registerType(plan, register))),
    params: node.params,
    literals: node.args.map((register) => {
      const arg = plan.nodes[register - plan.inputs.length];
      return arg?.kind === "constant" ? arg.value : undefined;
    }),
    zones: plan.zones,
  };
}

/** Why the call cannot be written, or undefined. */
function obstacle(plan: Plan, node: PlanCall, maxOpset: number): string | undefined {
  const mapping = Object.hasOwn(MAPPINGS, node.name) ? MAPPINGS[node.name] : undefined;
  const call = callOf(plan, node);
  const lists = [...call.types, kernelType(node.type)].some((type) => type.startsWith("list"));
  if (mapping === undefined) return lists ? "lists have no tensors" : "ONNX has no operators for it";
  const reason = mapping.unsupported?.(call);
  if (reason !== undefined) return reason;
  const opset = opsetOf(call);
  return opset > maxOpset ? `it needs opset ${opset}, maxOpset is ${maxOpset}` : undefined;
}

/** The opset that a call alone needs, by writing it into a graph that is thrown away. */
function opsetOf(call: Call): number {
  const graph = new GraphBuilder({ name: "probe", opset: LEAST_OPSET, mlOpset: ML_OPSET });
  const ops = new Ops(graph);
  const cells = call.types.map((_, i): Cell => ({ value: `x${i}`, isNull: undefined }));
  writeCall(ops, cells, call);
  return graph.opset;
}

function writeCall(ops: Ops, cells: readonly Cell[], call: Call): Cell {
  const mapping = MAPPINGS[call.name];
  if (mapping?.cell !== undefined) return mapping.cell(ops, cells, call);
  if (mapping?.value === undefined) throw new RangeError(`no mapping of ${call.name}`);
  return {
    value: mapping.value(ops, cells.map((cell) => cell.value), call),
    isNull: anyNull(ops, cells.map((cell) => cell.isNull)),
  };
}

/** The features whose columns depend on each register. */
function featuresByRegister(plan: Plan): ReadonlyMap<number, ReadonlySet<string>> {
  const out = new Map<number, Set<string>>();
  const add = (register: number, names: Iterable<string>): void => {
    const set = out.get(register) ?? new Set();
    for (const name of names) set.add(name);
    out.set(register, set);
  };
  for (const { name, register } of plan.outputs) add(register, [name]);
  for (let i = plan.nodes.length - 1; i >= 0; i--) {
    const node = plan.nodes[i];
    const names = out.get(plan.inputs.length + i);
    if (node?.kind === "call" && names !== undefined) for (const arg of node.args) add(arg, names);
  }
  return out;
}

/** What of the features ONNX can express, without writing anything. */
export function onnxSupport(fitted: FittedSpec, options: ToOnnxOptions = {}): OnnxSupport {
  const { plan } = fitted;
  const features = featuresByRegister(plan);
  const found = new Map<string, { function: string; reason: string; features: Set<string> }>();
  const notes = new Map<string, string>();
  for (const [i, node] of plan.nodes.entries()) {
    const served = features.get(plan.inputs.length + i);
    if (node.kind === "constant" || served === undefined) continue;
    const reason = obstacle(plan, node, options.maxOpset ?? LATEST_OPSET);
    if (reason !== undefined) {
      const key = `${node.name} ${reason}`;
      const entry = found.get(key) ?? { function: node.name, reason, features: new Set<string>() };
      for (const name of served) entry.features.add(name);
      found.set(key, entry);
      continue;
    }
    const note = MAPPINGS[node.name]?.note;
    if (note !== undefined) notes.set(node.name, note);
  }
  const order = plan.outputs.map((output) => output.name);
  return {
    supported: found.size === 0,
    unsupported: [...found.values()].map((entry) => ({ ...entry, features: order.filter((name) => entry.features.has(name)) })),
    notes: [...notes].map(([name, note]) => ({ function: name, note })),
  };
}

/**
 * The features as an ONNX model: inputs [N, 1] by their declared names, the float32 matrix [N, width] as its
 * output. UNSUPPORTED_ONNX names every function that cannot be expressed and the features that need it.
 */
export function toOnnx(fitted: FittedSpec, options: ToOnnxOptions = {}, version = "1"): OnnxModel {
  const support = onnxSupport(fitted, options);
  if (!support.supported) {
    const lines = support.unsupported.map((entry) => `${entry.function} (${entry.reason}; needed by ${entry.features.join(", ")})`);
    throw new OnnxError("UNSUPPORTED_ONNX", `ONNX cannot express ${lines.join("; ")}`, {
      fix: "Compute these features before the graph and declare them as inputs; onnxSupport() lists them without failing",
    });
  }
  const { plan } = fitted;
  const graph = new GraphBuilder({ name: "skewless", opset: LEAST_OPSET, mlOpset: ML_OPSET });
  const ops = new Ops(graph);
  const inputs: OnnxInput[] = [];
  const cells: (Cell | undefined)[] = [];
  const scalars = plan.inputs.filter(({ input }) => !isList(input));
  for (const { name } of scalars) graph.unique(name);
  const matrix = graph.unique(options.output ?? "features");
  for (const planInput of plan.inputs) {
    if (isList(planInput.input)) {
      cells.push(undefined);
      continue;
    }
    const { cell, declared } = declareInput(ops, planInput);
    cells.push(cell);
    inputs.push(...declared);
  }
  const rows = scalars[0]?.name;
  const needed = featuresByRegister(plan);
  for (const [i, node] of plan.nodes.entries()) {
    if (!needed.has(plan.inputs.length + i)) cells.push(undefined);
    else if (node.kind === "call") cells.push(writeCall(ops, node.args.map((arg) => cells[arg] as Cell), callOf(plan, node)));
    else cells.push(constantCell(ops, plan, plan.inputs.length + i, node.value));
  }
  const outputs = writeOutputs({ ops, plan, cells, matrix, rows, columns: options.columns === true });
  const model = graph.build(new Map([["skewless.fingerprint", fitted.fingerprint]]), version);
  return { model: writeModel(model), opset: graph.opset, inputs, outputs };
}

function constantCell(ops: Ops, plan: Plan, register: number, value: unknown): Cell | undefined {
  const type = kernelType(registerType(plan, register));
  if (type.startsWith("list")) return undefined;
  const isNull = value === null ? ops.bool(true) : undefined;
  switch (type) {
    case "float64":
      return { value: ops.f64((value as number | null) ?? NaN), isNull };
    case "bool":
      return { value: ops.bool((value as boolean | null) ?? false), isNull };
    case "utf8":
      return { value: ops.utf8((value as string | null) ?? ""), isNull };
    default:
      return { value: ops.i64((value as bigint | null) ?? 0n), isNull };
  }
}
