// Random small graphs: layers of the operators that pipelines and little networks are made of, over one or several inputs.
import type { AttributeValue } from "../../../src/onnx/builder.js";
import type { Tensor } from "../../../src/onnx/tensor.js";
import type { TensorType } from "../../../src/scorer/tensor.js";
import type { Rng } from "../../equivalence/generators/index.js";
import { randomCells, WORDS, type Case } from "./cases.js";
import type { Batch } from "./compare.js";
import { floats, int64s, ints, makeModel, type Declared, type NodeSpec } from "./models.js";

interface Columns {
  readonly name: string;
  readonly width: number;
}

class Grower {
  readonly nodes: NodeSpec[] = [];
  readonly constants: Record<string, Tensor> = {};
  readonly inputs: Declared[] = [];
  readonly batch: Record<string, Batch[string]> = {};
  readonly #rng: Rng;
  readonly #rows: number;
  #count = 0;

  constructor(rng: Rng) {
    this.#rng = rng;
    this.#rows = rng.pick([1, 3, 20]);
  }

  input(type: TensorType, width: number): Columns {
    const name = `in${this.inputs.length}`;
    this.inputs.push({ name, type, dims: ["N", width] });
    this.batch[name] = { type, dims: [this.#rows, width], cells: randomCells(this.#rng, type, this.#rows * width, true) };
    return { name, width };
  }

  constant(tensor: Tensor): string {
    const name = `c${this.#count++}`;
    this.constants[name] = tensor;
    return name;
  }

  node(op: string, inputs: readonly string[], attributes: Record<string, AttributeValue> = {}, domain = ""): string {
    const output = `v${this.#count++}`;
    this.nodes.push({ op, inputs, outputs: [output], attributes, domain, name: `n${this.#count}` });
    return output;
  }

  small(count: number): number[] {
    return Array.from({ length: count }, () => Math.fround((this.#rng.float() - 0.5) * 1.2));
  }

  /** Float columns of one input: numbers, codes or texts. */
  columns(): Columns {
    const rng = this.#rng;
    switch (rng.int(0, 4)) {
      case 0: {
        const { name } = this.input("string", 1);
        const count = rng.int(1, 4);
        const hot = this.node("OneHotEncoder", [name], { cats_strings: WORDS.slice(0, count), zeros: 1n }, "ai.onnx.ml");
        return { name: this.node("Reshape", [hot, this.constant(int64s([-1, count]))]), width: count };
      }
      case 1: {
        const { name } = this.input("int64", 1);
        const hot = this.node("OneHotEncoder", [name], { cats_int64s: ints([-1, 0, 2]), zeros: 1n }, "ai.onnx.ml");
        return { name: this.node("Flatten", [hot]), width: 3 };
      }
      case 2: {
        const { name, width } = this.input("int64", rng.int(1, 3));
        return { name: this.node("Cast", [name], { to: 1n }), width };
      }
      default:
        return this.input("float32", rng.int(1, 5));
    }
  }

  /** One more operator on top. */
  layer({ name, width }: Columns): Columns {
    const rng = this.#rng;
    switch (rng.int(0, 11)) {
      case 0: {
        const to = rng.int(1, 5);
        const sum = this.node("MatMul", [name, this.constant(floats(this.small(width * to), [width, to]))]);
        return { name: this.node("Add", rng.chance(0.5) ? [sum, this.constant(floats(this.small(to), [1, to]))] : [this.constant(floats(this.small(1), [])), sum]), width: to };
      }
      case 1: {
        const to = rng.int(1, 5);
        return { name: this.node("Gemm", [name, this.constant(floats(this.small(width * to), [to, width])), this.constant(floats(this.small(to)))], { transB: 1n }), width: to };
      }
      case 2:
        return { name: this.node(rng.pick(["Relu", "Sigmoid", "Tanh", "Softplus", "Elu", "LeakyRelu", "Softsign", "HardSigmoid"]), [name]), width };
      case 3:
        return { name: this.node("Scaler", [name], { offset: this.small(width), scale: this.small(width) }, "ai.onnx.ml"), width };
      case 4:
        return { name: this.node("Normalizer", [name], { norm: rng.pick(["L1", "L2"]) }, "ai.onnx.ml"), width };
      case 5:
        return { name: this.node("Softmax", [name], { axis: 1n }), width };
      case 6: {
        const indices = Array.from({ length: rng.int(1, 4) }, () => rng.int(0, width - 1));
        return { name: this.node("Gather", [name, this.constant(int64s(indices))], { axis: 1n }), width: indices.length };
      }
      case 7:
        return { name: this.node("Concat", [name, name], { axis: 1n }), width: 2 * width };
      case 8:
        return { name: this.node(rng.pick(["Mul", "Sub", "Add", "Max", "Min"]), [name, this.constant(floats(this.small(width)))]), width };
      case 9: {
        // No 1 / n: the mean of n shares would be beside it by rounding alone.
        const test = this.node("Greater", [name, this.constant(floats([0.123]))]);
        return { name: this.node("Where", [test, name, this.constant(floats(this.small(1)))]), width };
      }
      case 10:
        return { name: this.node("Imputer", [name], { imputed_value_floats: this.small(1), replaced_value_float: 0 }, "ai.onnx.ml"), width };
      default:
        return { name: this.node("ReduceMean", [name], { axes: ints([1]) }), width: 1 };
    }
  }

  join(parts: readonly Columns[]): Columns {
    const [first] = parts as readonly [Columns];
    if (parts.length === 1) return first;
    return { name: this.node("Concat", parts.map(({ name }) => name), { axis: 1n }), width: parts.reduce((sum, { width }) => sum + width, 0) };
  }
}

export function graphCase(rng: Rng): Case {
  const grower = new Grower(rng);
  let top = grower.join(Array.from({ length: rng.int(1, 3) }, () => grower.columns()));
  for (let i = rng.int(1, 6); i > 0 && top.width <= 40; i--) top = grower.layer(top);
  const outputs: Declared[] = [{ name: top.name, type: "float32" }];
  // A second output that is an input as it came, and nodes that nothing needs.
  const [given] = grower.inputs;
  if (given !== undefined && given.type !== "string" && rng.chance(0.4)) outputs.push({ name: grower.node("Identity", [given.name]), type: given.type });
  if (rng.chance(0.3)) grower.layer(top);
  return {
    name: grower.nodes.map(({ op }) => op).join(" "),
    model: makeModel({ inputs: grower.inputs, outputs, nodes: rng.chance(0.3) ? grower.nodes.toReversed() : grower.nodes, constants: grower.constants, opset: 13 }),
    batch: grower.batch,
  };
}
