import { normalDomain } from "../../../onnx/model.js";
import { AttributeType, type AttributeProto, type NodeProto } from "../../../onnx/schema.js";
import { decodeText, readTensor, type ExternalReader, type Tensor } from "../../../onnx/tensor.js";
import { malformed, type Budget, type Value } from "./value.js";

/** A node that is being read: its inputs' values and its attributes. */
export class ImportNode {
  readonly op: string;
  readonly domain: string;
  /** undefined where an optional input is left out. */
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: number;
  readonly #attributes: ReadonlyMap<string, AttributeProto>;
  readonly #external: ExternalReader | undefined;
  readonly #budget: Budget;

  constructor(node: NodeProto, inputs: readonly (Value | undefined)[], external: ExternalReader | undefined, budget: Budget) {
    this.op = node.opType ?? "";
    this.domain = normalDomain(node.domain);
    this.inputs = inputs;
    this.outputs = node.output?.length ?? 0;
    this.#attributes = new Map((node.attribute ?? []).map((attribute) => [attribute.name ?? "", attribute]));
    this.#external = external;
    this.#budget = budget;
  }

  /** To be called before many expressions are made. */
  spend(count: number): void {
    this.#budget.spend(count);
  }

  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  #get(name: string, type: number): AttributeProto | undefined {
    const attribute = this.#attributes.get(name);
    if (attribute === undefined) return undefined;
    // Old files leave the type out.
    if (attribute.type !== undefined && attribute.type !== type) throw malformed(`attribute ${name} has type ${attribute.type}, not ${type}`);
    return attribute;
  }

  int(name: string, fallback: number): number {
    const i = this.#get(name, AttributeType.INT)?.i;
    if (i === undefined) return fallback;
    if (i < BigInt(Number.MIN_SAFE_INTEGER) || i > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed(`attribute ${name} is ${i}`);
    return Number(i);
  }
  bigint(name: string, fallback: bigint): bigint {
    return this.#get(name, AttributeType.INT)?.i ?? fallback;
  }
  float(name: string, fallback: number): number {
    return this.#get(name, AttributeType.FLOAT)?.f ?? fallback;
  }
  string(name: string, fallback: string): string {
    const s = this.#get(name, AttributeType.STRING)?.s;
    return s === undefined ? fallback : decodeText(s, () => `attribute ${name}`);
  }
  floats(name: string): readonly number[] | undefined {
    const attribute = this.#get(name, AttributeType.FLOATS);
    return attribute === undefined ? undefined : Array.from(attribute.floats ?? []);
  }
  ints(name: string): readonly bigint[] | undefined {
    const attribute = this.#get(name, AttributeType.INTS);
    return attribute === undefined ? undefined : Array.from(attribute.ints ?? []);
  }
  strings(name: string): readonly string[] | undefined {
    const attribute = this.#get(name, AttributeType.STRINGS);
    return attribute === undefined ? undefined : (attribute.strings ?? []).map((s) => decodeText(s, () => `attribute ${name}`));
  }
  tensor(name: string): Tensor | undefined {
    const t = this.#get(name, AttributeType.TENSOR)?.t;
    return t === undefined ? undefined : readTensor(t, this.#external);
  }
}

/** What an operator gives: one value an output. */
export type Reader = (node: ImportNode) => Value | readonly Value[];
export type Readers = Readonly<Record<string, Reader>>;

