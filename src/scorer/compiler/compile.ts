import { opsetVersion, normalDomain } from "../../onnx/model.js";
import type { GraphProto, ModelProto, TypeProto, ValueInfoProto } from "../../onnx/schema.js";
import { readTensor, type ExternalReader } from "../../onnx/tensor.js";
import type { ModelProgram, ProgramInput, ProgramOutput } from "../program.js";
import { Emitter } from "./emitter.js";
import { checkGraph, nodeTitle } from "./graph.js";
import { Node } from "./node.js";
import { findOperator } from "./operators.js";
import { prune } from "./prune.js";
import { invalidModel, MAX_WIDTH, NotCompiled } from "./reason.js";
import { describeType, elementOf, product, tensorType, widthOf, type Rows, type Value } from "./value.js";

type Dim = number | string | null;

/** The graph as steps over registers. Throws NotCompiled with the reason where that cannot be, INVALID_MODEL where nobody could. */
export function compileGraph(model: ModelProto & { readonly graph: GraphProto }, external: ExternalReader | undefined): ModelProgram {
  const graph = checkGraph(model.graph);
  const emit = new Emitter();
  const values = new Map<string, Value>();
  const inputs = graph.inputs.map((info) => readInput(info, emit, values));
  const batch = batchOf(inputs);
  for (const [name, tensor] of graph.initializers) {
    if (!graph.needed.has(name)) continue;
    const { type, dims, values: data } = readTensor(tensor, external);
    const known = tensorType(type);
    if (known === undefined) throw new NotCompiled(`initializer ${JSON.stringify(name)}: ${describeType(type)}`);
    values.set(name, { kind: "constant", type: known, dims, values: data });
  }
  for (const proto of graph.nodes) {
    const title = nodeTitle(proto);
    const version = opsetVersion(model, normalDomain(proto.domain));
    if (version === undefined) throw new NotCompiled(`${title}: the model imports no version of its operators`);
    const compile = findOperator(normalDomain(proto.domain), proto.opType ?? "", version, title);
    const names = proto.output ?? [];
    const operands = (proto.input ?? []).map((name) => values.get(name));
    const node = new Node(proto, {
      version,
      inputs: operands,
      wanted: names.map((name) => name !== "" && graph.needed.has(name)),
      emit,
      external,
      batch,
    });
    const results = compile(node);
    node.attributes.checkAllRead();
    for (const [i, name] of names.entries()) {
      if (name === "" || !graph.needed.has(name)) continue;
      const result = results[i];
      if (result === undefined) throw node.refuse(`its output ${i}`);
      values.set(name, result);
    }
  }
  const outputs = graph.outputs.map((info) => readOutput(info, values, inputs[0]));
  return prune({ source: "onnx", registers: emit.registers, inputs, outputs, steps: emit.steps });
}

function declaredDims(type: TypeProto | undefined): readonly Dim[] | undefined {
  return type?.tensorType?.shape === undefined
    ? undefined
    : (type.tensorType.shape.dim ?? []).map(({ dimValue, dimParam }) =>
        dimValue !== undefined ? Number(dimValue) : dimParam !== undefined && dimParam !== "" ? dimParam : null,
      );
}

function readInput(info: ValueInfoProto, emit: Emitter, values: Map<string, Value>): ProgramInput {
  const name = info.name ?? "";
  const where = `input ${JSON.stringify(name)}`;
  const elemType = info.type?.tensorType?.elemType;
  if (elemType === undefined) {
    if (info.type === undefined) throw invalidModel(`${where} has no type`);
    throw new NotCompiled(`${where} is no tensor`);
  }
  const type = tensorType(elemType);
  if (type === undefined) throw new NotCompiled(`${where} is of ${describeType(elemType)}`);
  if (type === "uint64") throw new NotCompiled(`${where} is of uint64`);
  const dims = declaredDims(info.type);
  if (dims === undefined) throw new NotCompiled(`${where} declares no shape`);
  if (dims.some((dim) => typeof dim === "number" && dim < 0)) throw invalidModel(`${where} has an axis of negative size`);
  if (dims.length === 0) throw new NotCompiled(`${where} is a scalar`);
  // One row's values without an axis for rows; what is made of it has one in some operators and none in others.
  if (dims.length === 1 && typeof dims[0] === "number") throw new NotCompiled(`${where} is of shape [${dims[0]}], which is one row or ${dims[0]}`);
  const own = dims.slice(1).map((dim) => {
    if (typeof dim !== "number") throw new NotCompiled(`${where} does not say how many columns it has`);
    return dim;
  });
  const width = product(own);
  if (width === 0 || width > MAX_WIDTH) throw new NotCompiled(`${where} has ${width} values a row`);
  const register = emit.register(elementOf(type), width);
  values.set(name, { kind: "rows", type, register, dims: own });
  return { name, type, dims, register };
}

/** All inputs have one row count, so their declarations must allow one; the number, where it is fixed. */
function batchOf(inputs: readonly ProgramInput[]): number | undefined {
  if (inputs.length === 0) throw new NotCompiled("the model has no inputs");
  const sizes = new Set(inputs.map(({ dims }) => (typeof dims[0] === "number" ? dims[0] : "free")));
  if (sizes.size > 1) throw new NotCompiled(`its inputs have different numbers of rows: ${[...sizes].join(", ")}`);
  const [size] = sizes;
  if (size === 0) throw new NotCompiled("its inputs have no rows");
  return size === "free" ? undefined : (size as number);
}

function readOutput(info: ValueInfoProto, values: ReadonlyMap<string, Value>, input: ProgramInput | undefined): ProgramOutput {
  const name = info.name ?? "";
  const where = `output ${JSON.stringify(name)}`;
  const value = values.get(name);
  if (value === undefined) throw invalidModel(`nothing makes the ${where}`);
  if (value.kind === "constant") throw new NotCompiled(`${where} is constant`);
  const rows = value.kind === "maps" ? value.scores : value;
  if (rows.turned === true) throw new NotCompiled(`${where} has the rows in its second axis`);
  if (rows.dims.length > 1) throw new NotCompiled(`${where} is of rank ${rows.dims.length + 1}`);
  if (rows.type === "float16") throw new NotCompiled(`${where} is of float16`);
  if (rows.type === "string" && rows.labels === undefined) throw new NotCompiled(`${where} is text that is not a label`);
  if (rows.dims.length === 1 && rows.labels !== undefined && widthOf(rows) !== 1) throw new NotCompiled(`${where} has several labels a row`);
  checkDeclared(info, value, where);
  const batch = input?.dims[0] ?? null;
  return {
    name,
    type: rows.type,
    dims: outputDims(info, rows, batch),
    register: rows.register,
    rank: rows.dims.length === 0 ? 1 : 2,
    ...(rows.labels === undefined ? {} : { labels: rows.labels }),
    ...(rows.type === "int64" && rows.bound !== undefined ? { bound: rows.bound } : {}),
    ...(value.kind === "maps" ? { map: { keys: value.keys } } : {}),
  };
}

/** A declaration of another type than the graph makes is for ONNX Runtime to judge. */
function checkDeclared(info: ValueInfoProto, value: Value, where: string): void {
  const { type } = info;
  if (type === undefined) return;
  const isMap = type.sequenceType !== undefined;
  if (isMap !== (value.kind === "maps")) throw new NotCompiled(`${where} is declared to be of another kind than what the graph makes`);
  const elemType = type.tensorType?.elemType;
  if (value.kind === "rows" && elemType !== undefined && elemType !== 0 && tensorType(elemType) !== value.type) {
    throw new NotCompiled(`${where} is declared as ${describeType(elemType)} and made as ${value.type}`);
  }
}

/** As declared where that agrees with what is made, which it need not. */
function outputDims(info: ValueInfoProto, rows: Rows, batch: Dim): readonly Dim[] {
  const declared = declaredDims(info.type);
  if (declared?.length !== rows.dims.length + 1) return [batch, ...rows.dims];
  const agrees = rows.dims.every((size, axis) => typeof declared[axis + 1] !== "number" || declared[axis + 1] === size);
  return agrees ? declared : [batch, ...rows.dims];
}

