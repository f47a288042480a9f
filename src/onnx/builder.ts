import {
  AttributeType,
  DataType,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "./schema.js";
import { makeTensor, type Tensor } from "./tensor.js";

/** An attribute's value: bigint for ints, number for floats, arrays of one kind. */
export type AttributeValue = bigint | number | string | Tensor | readonly bigint[] | readonly number[] | Float32Array | readonly string[];

const text = new TextEncoder();

export function makeAttribute(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === "bigint") return { name, type: AttributeType.INT, i: value };
  if (typeof value === "number") return { name, type: AttributeType.FLOAT, f: value };
  if (typeof value === "string") return { name, type: AttributeType.STRING, s: text.encode(value) };
  if (value instanceof Float32Array) return { name, type: AttributeType.FLOATS, floats: value };
  if ("dims" in value) return { name, type: AttributeType.TENSOR, t: makeTensor("", value) };
  const first = value[0];
  if (typeof first === "string") return { name, type: AttributeType.STRINGS, strings: (value as readonly string[]).map((item) => text.encode(item)) };
  if (typeof first === "number") return { name, type: AttributeType.FLOATS, floats: Float32Array.from(value as readonly number[]) };
  return { name, type: AttributeType.INTS, ints: BigInt64Array.from(value as readonly bigint[]) };
}

/** A tensor's declared shape: a number, or the name of a size that is not known. */
export type Dim = number | string;

export function makeValueInfo(name: string, elemType: number, dims: readonly Dim[]): ValueInfoProto {
  const dim = dims.map((size) => (typeof size === "number" ? { dimValue: BigInt(size) } : { dimParam: size }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

/** IR version 8 is what opset 17 was released with; every later runtime reads it. */
const IR_VERSION = 8n;

export interface GraphBuilderOptions {
  readonly name: string;
  /** Least version of the ai.onnx operators; `requireOpset` raises it. */
  readonly opset: number;
  readonly mlOpset: number;
}

/**
 * Grows a graph node by node. Equal nodes over equal inputs become one, equal constants too, so that a caller may
 * ask for the same intermediate as often as it likes.
 */
export class GraphBuilder {
  readonly #name: string;
  #opset: number;
  readonly #mlOpset: number;
  readonly #nodes: NodeProto[] = [];
  readonly #initializers: TensorProto[] = [];
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #names = new Set<string>();
  readonly #known = new Map<string, string>();
  readonly #constants = new Set<string>();

  constructor({ name, opset, mlOpset }: GraphBuilderOptions) {
    this.#name = name;
    this.#opset = opset;
    this.#mlOpset = mlOpset;
  }

  get opset(): number {
    return this.#opset;
  }

  requireOpset(version: number): void {
    this.#opset = Math.max(this.#opset, version);
  }

  /** Takes the name, or the first of name_2, name_3, … that is free. */
  unique(name: string): string {
    let candidate = name;
    for (let i = 2; this.#names.has(candidate); i++) candidate = `${name}_${i}`;
    this.#names.add(candidate);
    return candidate;
  }

  /** Declares an input whose name was taken by `unique`. */
  input(name: string, elemType: number, dims: readonly Dim[]): void {
    this.#inputs.push(makeValueInfo(name, elemType, dims));
  }

  /** Declares a value as an output under its own name. */
  output(name: string, elemType: number, dims: readonly Dim[]): void {
    this.#outputs.push(makeValueInfo(name, elemType, dims));
  }

  constant(tensor: Tensor): string {
    const key = `constant ${tensor.type} ${tensor.dims.join()} ${spellValues(tensor)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const name = this.unique("const");
    this.#known.set(key, name);
    this.#constants.add(name);
    this.#initializers.push(makeTensor(name, tensor));
    return name;
  }

  /** Whether a value depends on no input. */
  isConstant(name: string): boolean {
    return this.#constants.has(name);
  }

  /** The only output of a node. */
  node(opType: string, inputs: readonly string[], attributes: Readonly<Record<string, AttributeValue>> = {}, domain = ""): string {
    const attribute = Object.entries(attributes).map(([name, value]) => makeAttribute(name, value));
    const spelled = Object.entries(attributes).map(([name, value]) => `${name}=${spellAttribute(value)}`);
    const key = `${domain}.${opType}(${JSON.stringify(inputs)}; ${spelled.join()})`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const output = this.unique(opType.toLowerCase());
    this.#known.set(key, output);
    if (inputs.every((input) => this.#constants.has(input))) this.#constants.add(output);
    this.#nodes.push({ opType, domain, input: inputs, output: [output], name: output, attribute });
    return output;
  }

  /** A node that gives its output this name, which must have been taken by `unique`. It is not compared with others. */
  named(output: string, opType: string, inputs: readonly string[], attributes: Readonly<Record<string, AttributeValue>> = {}, domain = ""): void {
    const attribute = Object.entries(attributes).map(([name, value]) => makeAttribute(name, value));
    this.#nodes.push({ opType, domain, input: inputs, output: [output], name: output, attribute });
  }

  /** What the outputs depend on; the rest was asked for and not used. */
  #needed(): { readonly nodes: readonly NodeProto[]; readonly values: ReadonlySet<string> } {
    const values = new Set(this.#outputs.map(({ name }) => name ?? ""));
    const nodes: NodeProto[] = [];
    for (const node of this.#nodes.toReversed()) {
      if (!(node.output ?? []).some((output) => values.has(output))) continue;
      nodes.push(node);
      for (const input of node.input ?? []) values.add(input);
    }
    return { nodes: nodes.reverse(), values };
  }

  /** The model, without nodes and constants that no output needs. */
  build(metadata: ReadonlyMap<string, string>, producerVersion: string): ModelProto {
    const { nodes, values } = this.#needed();
    const graph: GraphProto = {
      name: this.#name,
      node: nodes,
      initializer: this.#initializers.filter(({ name }) => values.has(name ?? "")),
      input: this.#inputs,
      output: this.#outputs,
    };
    return {
      irVersion: IR_VERSION,
      producerName: "skewless",
      producerVersion,
      opsetImport: [
        { domain: "", version: BigInt(this.#opset) },
        ...(nodes.some(({ domain }) => domain === "ai.onnx.ml") ? [{ domain: "ai.onnx.ml", version: BigInt(this.#mlOpset) }] : []),
      ],
      graph,
      metadataProps: [...metadata].map(([key, value]) => ({ key, value })),
    };
  }
}

/** Tells -0 from 0, which JSON does not. */
function spellNumber(value: number | bigint): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function spellValues({ type, values }: Tensor): string {
  if (type === DataType.STRING) return JSON.stringify(values);
  return Array.from(values as ArrayLike<number | bigint>, spellNumber).join();
}

function spellAttribute(value: AttributeValue): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return spellNumber(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "object" && "dims" in value) return `[${value.dims.join()}]${spellValues(value)}`;
  return Array.from(value as ArrayLike<number | bigint | string>, (item) => (typeof item === "string" ? JSON.stringify(item) : spellNumber(item))).join();
}
