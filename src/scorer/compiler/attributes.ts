import { AttributeType, type AttributeProto, type NodeProto } from "../../onnx/schema.js";
import { decodeText, readTensor, type ExternalReader, type Tensor } from "../../onnx/tensor.js";
import { invalidModel, NotCompiled } from "./reason.js";

const TYPE_NAMES = new Map<number, string>(Object.entries(AttributeType).map(([name, value]) => [value, name.toLowerCase()]));

/** A node's attributes by name and type. INVALID_MODEL for one of another type than the operator declares. */
export class Attributes {
  readonly #byName = new Map<string, AttributeProto>();
  readonly #read = new Set<string>();
  readonly #title: string;
  readonly #external: ExternalReader | undefined;

  constructor(node: NodeProto, title: string, external: ExternalReader | undefined) {
    this.#title = title;
    this.#external = external;
    for (const attribute of node.attribute ?? []) {
      const name = attribute.name ?? "";
      if (this.#byName.has(name)) throw invalidModel(`${title}: the attribute ${JSON.stringify(name)} is there twice`);
      this.#byName.set(name, attribute);
    }
  }

  /** Takes note that the operator knows these, whatever they hold. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#read.add(name);
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** An attribute that nothing asked for means something that we do not know. */
  checkAllRead(): void {
    for (const name of this.#byName.keys()) {
      if (!this.#read.has(name)) throw new NotCompiled(`${this.#title}: the attribute ${JSON.stringify(name)} is not known`);
    }
  }

  #find(name: string, type: number, present: (attribute: AttributeProto) => boolean): AttributeProto | undefined {
    this.#read.add(name);
    const attribute = this.#byName.get(name);
    if (attribute === undefined) return undefined;
    if (attribute.refAttrName !== undefined && attribute.refAttrName !== "") {
      throw new NotCompiled(`${this.#title}: the attribute ${JSON.stringify(name)} refers to a function's`);
    }
    // Files of the first versions leave the type out.
    const actual = attribute.type ?? AttributeType.UNDEFINED;
    if (actual === type || (actual === AttributeType.UNDEFINED && present(attribute))) return attribute;
    throw invalidModel(
      `${this.#title}: the attribute ${JSON.stringify(name)} is of type ${TYPE_NAMES.get(actual) ?? actual} where ${TYPE_NAMES.get(type)} is expected`,
    );
  }

  int64(name: string): bigint | undefined {
    const found = this.#find(name, AttributeType.INT, ({ i }) => i !== undefined);
    return found === undefined ? undefined : (found.i ?? 0n);
  }

  /** An int that is used as a number; anything that no axis, count or flag can be is the largest safe integer. */
  int(name: string): number | undefined;
  int(name: string, otherwise: number): number;
  int(name: string, otherwise?: number): number | undefined {
    const value = this.int64(name);
    return value === undefined ? otherwise : clampToSafe(value);
  }

  float(name: string): number | undefined;
  float(name: string, otherwise: number): number;
  float(name: string, otherwise?: number): number | undefined {
    const found = this.#find(name, AttributeType.FLOAT, ({ f }) => f !== undefined);
    return found === undefined ? otherwise : (found.f ?? 0);
  }

  string(name: string): string | undefined;
  string(name: string, otherwise: string): string;
  string(name: string, otherwise?: string): string | undefined {
    const found = this.#find(name, AttributeType.STRING, ({ s }) => s !== undefined);
    return found === undefined ? otherwise : this.#text(name, found.s ?? new Uint8Array(0));
  }

  int64s(name: string): BigInt64Array | undefined {
    const found = this.#find(name, AttributeType.INTS, ({ ints }) => ints !== undefined);
    return found === undefined ? undefined : (found.ints ?? new BigInt64Array(0));
  }

  ints(name: string): readonly number[] | undefined {
    const values = this.int64s(name);
    return values === undefined ? undefined : Array.from(values, clampToSafe);
  }

  floats(name: string): Float32Array | undefined {
    const found = this.#find(name, AttributeType.FLOATS, ({ floats }) => floats !== undefined);
    return found === undefined ? undefined : (found.floats ?? new Float32Array(0));
  }

  strings(name: string): readonly string[] | undefined {
    const found = this.#find(name, AttributeType.STRINGS, ({ strings }) => strings !== undefined);
    return found === undefined ? undefined : (found.strings ?? []).map((bytes) => this.#text(name, bytes));
  }

  tensor(name: string): Tensor | undefined {
    const found = this.#find(name, AttributeType.TENSOR, ({ t }) => t !== undefined);
    if (found === undefined) return undefined;
    if (found.t === undefined) throw invalidModel(`${this.#title}: the attribute ${JSON.stringify(name)} holds no tensor`);
    return readTensor(found.t, this.#external);
  }

  #text(name: string, bytes: Uint8Array): string {
    return decodeText(bytes, () => `${this.#title}: the attribute ${JSON.stringify(name)}`);
  }
}

export function clampToSafe(value: bigint): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  return number > 0 ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER;
}
