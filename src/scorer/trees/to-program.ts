import type { ModelProgram, ProgramOutput, Register, RegisterIndex, Step, UnaryFunction } from "../program.js";
import { hasRaw, type LinearMargin, type LinearTreeMargin, type Link, type TreeMargin, type TreeModel } from "./model.js";

/** The steps of a tree model: input "input" float32 [N, features]; outputs "prediction" and, where it differs, "raw". */
export function treeModelProgram(model: TreeModel): ModelProgram {
  const steps = new Steps(model);
  const input = steps.register("f32", model.features);
  const raw = steps.margin(input);
  const prediction = steps.link(model.divisor === undefined ? raw : steps.divided(raw, model.divisor), model.link);
  const output = (name: string, register: RegisterIndex): ProgramOutput => {
    const { width, element } = steps.registers[register] as Register;
    const dims = width === 1 ? (["N"] as const) : (["N", width] as const);
    return { name, type: element === "f32" ? "float32" : "float64", dims, register, rank: width === 1 ? 1 : 2 };
  };
  return {
    source: model.source,
    registers: steps.registers,
    inputs: [{ name: "input", type: "float32", dims: ["N", model.features], register: input }],
    outputs: [output("prediction", prediction), ...(hasRaw(model) ? [output("raw", raw)] : [])],
    steps: steps.list,
  };
}

class Steps {
  readonly registers: Register[] = [];
  readonly list: Step[] = [];
  readonly #model: TreeModel;

  constructor(model: TreeModel) {
    this.#model = model;
  }

  register(element: Register["element"], width: number): RegisterIndex {
    return this.registers.push({ element, width }) - 1;
  }

  #constant(values: readonly number[]): RegisterIndex {
    const constant = this.#model.element === "f32" ? Float32Array.from(values) : Float64Array.from(values);
    return this.registers.push({ element: this.#model.element, width: values.length, constant }) - 1;
  }

  #unary(fn: UnaryFunction, input: RegisterIndex, alpha?: number): RegisterIndex {
    const { element, width } = this.registers[input] as Register;
    const output = this.register(element, width);
    this.list.push({ op: "unary", fn, input, output, ...(alpha === undefined ? {} : { alpha }) });
    return output;
  }

  #binary(fn: "add" | "mul" | "div" | "eq", left: RegisterIndex, right: RegisterIndex): RegisterIndex {
    const { element, width } = this.registers[left] as Register;
    const output = this.register(fn === "eq" ? "i64" : element, width);
    this.list.push({ op: "binary", fn, left, right, output });
    return output;
  }

  #select(input: RegisterIndex, columns: readonly number[]): RegisterIndex {
    const output = this.register((this.registers[input] as Register).element, columns.length);
    this.list.push({ op: "select", columns: Int32Array.from(columns), input, output });
    return output;
  }

  #concat(...inputs: readonly RegisterIndex[]): RegisterIndex {
    const { element } = this.registers[inputs[0] as number] as Register;
    const output = this.register(element, inputs.reduce((sum, input) => sum + (this.registers[input] as Register).width, 0));
    this.list.push({ op: "concat", inputs, output });
    return output;
  }

  divided(input: RegisterIndex, divisor: number): RegisterIndex {
    return this.#binary("div", input, this.#constant([divisor]));
  }

  margin(input: RegisterIndex): RegisterIndex {
    const { margin } = this.#model;
    switch (margin.kind) {
      case "trees":
        return this.#trees(input, margin);
      case "linear":
        return this.#linear(input, margin);
      case "linearTrees":
        return this.#linearTrees(input, margin);
    }
  }

  #trees(input: RegisterIndex, { ensemble, floored }: TreeMargin): RegisterIndex {
    const columns = floored.length === 0 ? input : this.#concat(input, this.#unary("floor", this.#select(input, floored)));
    const output = this.register(this.#model.element, ensemble.targets);
    this.list.push({ op: "trees", input: columns, output, ensemble });
    return output;
  }

  /** A first column of ones makes each sum begin with the bias. */
  #linear(input: RegisterIndex, { weights, bias }: LinearMargin): RegisterIndex {
    const { features, outputs } = this.#model;
    const present = this.register("f32", features);
    this.list.push({ op: "impute", input, output: present, missing: NaN, values: new Float32Array(features) });
    const all = new Float32Array(bias.length + weights.length);
    all.set(bias);
    all.set(weights, bias.length);
    const output = this.register("f32", outputs);
    this.list.push({ op: "dense", input: this.#concat(this.#constant([1]), present), output, weights: all });
    return output;
  }

  /** Constants + sum of coefficient x column, a coefficient of 0 giving 0 whatever the column holds. */
  #linearTrees(input: RegisterIndex, { ensemble, terms }: LinearTreeMargin): RegisterIndex {
    const { outputs } = this.#model;
    const sums = this.register("f64", ensemble.targets);
    this.list.push({ op: "trees", input, output: sums, ensemble });
    const coefficients = this.#select(sums, terms.map((_, i) => outputs + i));
    const columns = this.register("f64", terms.length);
    this.list.push({ op: "cast", input: this.#select(input, terms.map(({ column }) => column)), output: columns });
    const products = this.#binary("mul", coefficients, columns);
    const zero = this.#constant([0]);
    const clean = this.register("f64", terms.length);
    this.list.push({ op: "where", condition: this.#binary("eq", coefficients, zero), yes: zero, no: products, output: clean });
    const both = this.#concat(this.#select(sums, Array.from({ length: outputs }, (_, k) => k)), clean);
    return this.#concat(...Array.from({ length: outputs }, (_, k) => this.#sum(both, [k, ...terms.flatMap(({ output }, i) => (output === k ? [outputs + i] : []))])));
  }

  #sum(input: RegisterIndex, columns: readonly number[]): RegisterIndex {
    const output = this.register((this.registers[input] as Register).element, 1);
    this.list.push({ op: "reduce", fn: "sum", input: this.#select(input, columns), output });
    return output;
  }

  link(input: RegisterIndex, link: Link): RegisterIndex {
    switch (link.kind) {
      case "identity":
        return input;
      case "exp":
        return this.#unary("exp", input);
      case "sigmoid":
        return this.#unary("sigmoid", link.scale === 1 ? input : this.#binary("mul", input, this.#constant([link.scale])));
      case "softplus":
        return this.#unary("softplus", input);
      case "hinge":
        return this.#unary("binarize", input, 0);
      case "signedSquare":
        return this.#binary("mul", input, this.#unary("abs", input));
      case "softmax": {
        const { element, width } = this.registers[input] as Register;
        const output = this.register(element, width);
        this.list.push({ op: "softmax", kind: "softmax", input, output });
        return output;
      }
      case "argmax": {
        const index = this.register("i64", 1);
        this.list.push({ op: "argmax", kind: "max", last: false, input, output: index });
        const output = this.register("f32", 1);
        this.list.push({ op: "cast", input: index, output });
        return output;
      }
    }
  }
}
