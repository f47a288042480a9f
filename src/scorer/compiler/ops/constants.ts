import { arrayOf, checkCount, integers } from "../fold.js";
import type { Node } from "../node.js";
import type { Operators } from "../operators.js";
import { describeType, tensorType, type Constant, type Value } from "../value.js";
import type { Tensor } from "../../../onnx/tensor.js";

function known(node: Node, { type, dims, values }: Tensor): Constant {
  const name = tensorType(type);
  if (name === undefined) throw node.refuse(`a constant of ${describeType(type)}`);
  return { kind: "constant", type: name, dims, values };
}

function constant(node: Node): Value[] {
  const { attributes } = node;
  const tensor = attributes.tensor("value");
  const float = attributes.float("value_float");
  const floats = attributes.floats("value_floats");
  const int = attributes.int64("value_int");
  const ints = attributes.int64s("value_ints");
  const text = attributes.string("value_string");
  const texts = attributes.strings("value_strings");
  const found: (Constant | undefined)[] = [
    tensor && known(node, tensor),
    float === undefined ? undefined : { kind: "constant", type: "float32", dims: [], values: Float32Array.of(float) },
    floats && { kind: "constant", type: "float32", dims: [floats.length], values: floats },
    int === undefined ? undefined : { kind: "constant", type: "int64", dims: [], values: BigInt64Array.of(int) },
    ints && { kind: "constant", type: "int64", dims: [ints.length], values: ints },
    text === undefined ? undefined : { kind: "constant", type: "string", dims: [], values: [text] },
    texts && { kind: "constant", type: "string", dims: [texts.length], values: texts },
  ];
  const [value, second] = found.filter((candidate) => candidate !== undefined);
  if (value === undefined) throw node.refuse("it has no value that is known");
  if (second !== undefined) throw node.invalid("it has two values");
  return [value];
}

function constantOfShape(node: Node): Value[] {
  const dims = integers(node, 0, "a shape");
  if (dims.some((dim) => dim < 0)) throw node.invalid(`the shape [${dims.join(", ")}]`);
  const tensor = node.attributes.tensor("value");
  const { type, values } = tensor === undefined ? { type: "float32" as const, values: Float32Array.of(0) } : known(node, tensor);
  if (values.length !== 1) throw node.invalid(`a value of ${values.length} elements`);
  const out = arrayOf(type, checkCount(node, dims));
  if (out === undefined) throw node.refuse(`a constant of ${type}`);
  (out as Float64Array).fill(values[0] as number);
  return [{ kind: "constant", type, dims, values: out }];
}

export const CONSTANT_OPERATORS: Operators = {
  Constant: { since: 1, compile: constant },
  ConstantOfShape: { since: 9, compile: constantOfShape },
  Identity: { since: 1, compile: (node) => [node.input(0)] },
};
