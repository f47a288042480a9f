import { OnnxError } from "../../errors.js";
import { GraphBuilder } from "../../onnx/builder.js";
import { writeModel } from "../../onnx/model.js";
import { DataType } from "../../onnx/schema.js";
import { hasRaw, type LinearMargin, type Link, type TreeModel } from "./model.js";
import { OnnxColumns } from "./onnx-columns.js";
import { writeTrees } from "./onnx-trees.js";

const OPSET = 17;

/**
 * A tree model as ONNX: input "input" float32 [N, features], outputs "prediction" and, where it differs, "raw", of the
 * types and shapes of the compiled model's. UNSUPPORTED_ONNX for linear trees and for category sets of more than 2^24 table elements.
 */
export function treeModelToOnnx(model: TreeModel, metadata: ReadonlyMap<string, string>): Uint8Array {
  const { features, outputs, element } = model;
  const mlOpset = element === "f32" ? 3 : 5;
  const graph = new GraphBuilder({ name: model.source, opset: OPSET, mlOpset });
  for (const name of ["input", "prediction", "raw"]) graph.unique(name);
  graph.input("input", DataType.FLOAT, ["N", features]);
  const ops = new Ops(graph, model);
  const margin = ops.margin("input");
  const dims = outputs === 1 ? ["N"] : ["N", outputs];
  const type = element === "f32" ? DataType.FLOAT : DataType.DOUBLE;
  const averaged = model.divisor === undefined ? margin : graph.node("Div", [margin, ops.scalar(model.divisor)]);
  graph.named("prediction", "Identity", [ops.flat(ops.link(averaged, model.link))]);
  graph.output("prediction", type, model.link.kind === "argmax" ? ["N"] : dims);
  if (hasRaw(model)) {
    graph.named("raw", "Identity", [ops.flat(margin)]);
    graph.output("raw", type, dims);
  }
  return writeModel(graph.build(metadata, ""));
}

class Ops {
  readonly #graph: GraphBuilder;
  readonly #model: TreeModel;
  readonly #type: number;

  constructor(graph: GraphBuilder, model: TreeModel) {
    this.#graph = graph;
    this.#model = model;
    this.#type = model.element === "f32" ? DataType.FLOAT : DataType.DOUBLE;
  }

  scalar(value: number): string {
    return this.#constant([value], []);
  }

  #constant(values: ArrayLike<number>, dims: readonly number[]): string {
    return this.#graph.constant({ type: this.#type, dims, values: this.#type === DataType.FLOAT ? Float32Array.from(values) : Float64Array.from(values) });
  }

  #cast(input: string, to: number): string {
    return this.#graph.node("Cast", [input], { to: BigInt(to) });
  }

  /** [N, outputs] */
  margin(input: string): string {
    const { margin, features } = this.#model;
    switch (margin.kind) {
      case "trees": {
        const columns = new OnnxColumns(this.#graph, this.#type === DataType.FLOAT ? input : this.#cast(input, this.#type), features, margin.floored, margin.ensemble);
        return writeTrees(this.#graph, columns, margin.ensemble);
      }
      case "linear":
        return this.#linear(input, margin);
      case "linearTrees":
        throw new OnnxError("UNSUPPORTED_ONNX", "ONNX has no trees with linear functions in their leaves", { fix: "Train with linear_tree=false" });
    }
  }

  #linear(input: string, { weights, bias }: LinearMargin): string {
    const graph = this.#graph;
    const present = graph.node("Where", [graph.node("IsNaN", [input]), this.scalar(0), input]);
    const product = graph.node("MatMul", [present, this.#constant(weights, [this.#model.features, bias.length])]);
    return graph.node("Add", [product, this.#constant(bias, [bias.length])]);
  }

  /** max(x, 0) + log(1 + exp(-|x|)): ONNX Runtime has no Softplus of float64. */
  #softplus(input: string): string {
    const graph = this.#graph;
    const power = graph.node("Exp", [graph.node("Neg", [graph.node("Abs", [input])])]);
    return graph.node("Add", [graph.node("Max", [input, this.scalar(0)]), graph.node("Log", [graph.node("Add", [power, this.scalar(1)])])]);
  }

  /** [N, 1] as [N]. */
  flat(input: string): string {
    if (this.#model.outputs !== 1) return input;
    const axes = this.#graph.constant({ type: DataType.INT64, dims: [1], values: BigInt64Array.of(1n) });
    return this.#graph.node("Squeeze", [input, axes]);
  }

  link(input: string, link: Link): string {
    const graph = this.#graph;
    switch (link.kind) {
      case "identity":
        return input;
      case "exp":
        return graph.node("Exp", [input]);
      case "sigmoid":
        return graph.node("Sigmoid", [link.scale === 1 ? input : graph.node("Mul", [input, this.scalar(link.scale)])]);
      case "softplus":
        return this.#softplus(input);
      case "hinge":
        return this.#cast(graph.node("Greater", [input, this.scalar(0)]), this.#type);
      case "signedSquare":
        return graph.node("Mul", [input, graph.node("Abs", [input])]);
      case "softmax":
        return graph.node("Softmax", [input], { axis: 1n });
      case "argmax":
        return this.#cast(graph.node("ArgMax", [input], { axis: 1n, keepdims: BigInt(this.#model.outputs === 1) }), this.#type);
    }
  }
}
