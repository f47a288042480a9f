// Small ONNX models for the predictor's tests.
import { makeAttribute, makeValueInfo, type AttributeValue } from "../../src/onnx/builder.js";
import { writeModel } from "../../src/onnx/model.js";
import { AttributeType, DataType, type NodeProto, type TensorProto, type ValueInfoProto } from "../../src/onnx/schema.js";
import { makeTensor } from "../../src/onnx/tensor.js";

interface Graph {
  readonly width: number;
  readonly nodes: readonly NodeProto[];
  readonly initializers?: readonly TensorProto[];
  readonly outputs: readonly ValueInfoProto[];
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

const node = (opType: string, input: string[], output: string[], attributes: Record<string, AttributeValue> = {}, domain = ""): NodeProto => ({
  opType,
  domain,
  input,
  output,
  name: output[0] as string,
  attribute: Object.entries(attributes).map(([name, value]) => makeAttribute(name, value)),
});

const floats = (name: string, dims: readonly number[], values: readonly number[] | Float32Array): TensorProto =>
  makeTensor(name, { type: DataType.FLOAT, dims, values: Float32Array.from(values) });

function model({ width, nodes, initializers = [], outputs, metadata = {} }: Graph): Uint8Array {
  return writeModel({
    irVersion: 8n,
    opsetImport: [
      { domain: "", version: 17n },
      { domain: "ai.onnx.ml", version: 3n },
    ],
    graph: { name: "test", node: nodes, initializer: initializers, input: [makeValueInfo("x", DataType.FLOAT, ["N", width])], output: outputs },
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  });
}

/** x W + b for several targets. */
export function linear(weights: readonly (readonly number[])[], bias: readonly number[], metadata?: Readonly<Record<string, string>>): Uint8Array {
  const [width, targets] = [weights.length, bias.length];
  return model({
    width,
    nodes: [node("Gemm", ["x", "w", "b"], ["y"])],
    initializers: [floats("w", [width, targets], weights.flat()), floats("b", [targets], bias)],
    outputs: [makeValueInfo("y", DataType.FLOAT, ["N", targets])],
    metadata,
  });
}

export interface ClassifierOptions {
  readonly labels: readonly string[] | readonly bigint[];
  /** scikit-learn's converter puts one behind by default. */
  readonly zipMap: boolean;
}

/** A softmax regression with a label and scores, as scikit-learn's converter writes one. */
export function classifier(weights: readonly (readonly number[])[], { labels, zipMap }: ClassifierOptions): Uint8Array {
  const classes = labels.length;
  const text = typeof labels[0] === "string";
  const labelAttribute = text ? { classlabels_strings: labels as readonly string[] } : { classlabels_ints: labels as readonly bigint[] };
  const zipAttribute = text ? { classlabels_strings: labels as readonly string[] } : { classlabels_int64s: labels as readonly bigint[] };
  const linearNode = node(
    "LinearClassifier",
    ["x"],
    ["label", zipMap ? "scores" : "probabilities"],
    { coefficients: Float32Array.from(weights.flat()), intercepts: new Float32Array(classes), multi_class: 1n, post_transform: "SOFTMAX", ...labelAttribute },
    "ai.onnx.ml",
  );
  const labelInfo = makeValueInfo("label", text ? DataType.STRING : DataType.INT64, ["N"]);
  if (!zipMap) {
    return model({ width: weights[0]?.length ?? 0, nodes: [linearNode], outputs: [labelInfo, makeValueInfo("probabilities", DataType.FLOAT, ["N", classes])] });
  }
  const map: ValueInfoProto = {
    name: "probabilities",
    type: { sequenceType: { elemType: { mapType: { keyType: text ? DataType.STRING : DataType.INT64, valueType: { tensorType: { elemType: DataType.FLOAT } } } } } },
  };
  return model({
    width: weights[0]?.length ?? 0,
    nodes: [linearNode, node("ZipMap", ["scores"], ["probabilities"], zipAttribute, "ai.onnx.ml")],
    outputs: [labelInfo, map],
  });
}

/** Fails where the first column, as an index, is beyond 0 and 1; else gives 10 or 20. For ONNX Runtime. */
export function failing(width: number): Uint8Array {
  return model({
    width,
    nodes: [
      node("Gather", ["x", "zero"], ["column"], { axis: 1n }),
      { ...node("Cast", ["column"], ["index"]), attribute: [{ name: "to", type: AttributeType.INT, i: BigInt(DataType.INT64) }] },
      node("Gather", ["table", "index"], ["y"], { axis: 0n }),
    ],
    initializers: [makeTensor("zero", { type: DataType.INT64, dims: [1], values: BigInt64Array.of(0n) }), floats("table", [2], [10, 20])],
    outputs: [makeValueInfo("y", DataType.FLOAT, ["N", 1])],
  });
}

/** Many products of matrices of `size`: some milliseconds, for deadlines. It answers the sum of the row. For ONNX Runtime. */
export function slow(width: number, layers: number, size = 384): Uint8Array {
  const identity = new Float32Array(size * size);
  for (let i = 0; i < size; i++) identity[i * size + i] = 1;
  const spread = new Float32Array(width * size);
  for (let i = 0; i < width; i++) spread[i * size] = 1;
  const gather = new Float32Array(size);
  gather[0] = 1;
  const nodes = [node("MatMul", ["x", "spread"], ["h0"])];
  for (let i = 0; i < layers; i++) {
    nodes.push(node("MatMul", [`h${i}`, "identity"], [`m${i}`]), node("Softsign", [`m${i}`], [`s${i}`]), node("Add", [`s${i}`, `m${i}`], [`a${i}`]), node("Sub", [`a${i}`, `s${i}`], [`h${i + 1}`]));
  }
  nodes.push(node("MatMul", [`h${layers}`, "gather"], ["y"]));
  return model({
    width,
    nodes,
    initializers: [floats("spread", [width, size], spread), floats("identity", [size, size], identity), floats("gather", [size, 1], gather)],
    outputs: [makeValueInfo("y", DataType.FLOAT, ["N", 1])],
  });
}

/** Two inputs, for a refusal. */
export function twoInputs(): Uint8Array {
  return writeModel({
    irVersion: 8n,
    opsetImport: [{ domain: "", version: 17n }],
    graph: {
      name: "test",
      node: [node("Add", ["a", "b"], ["y"])],
      input: [makeValueInfo("a", DataType.FLOAT, ["N", 2]), makeValueInfo("b", DataType.FLOAT, ["N", 2])],
      output: [makeValueInfo("y", DataType.FLOAT, ["N", 2])],
    },
  });
}

/** One tree of one split as an XGBoost model: base 0.5, -1 below the threshold of a column, else 1. */
export function stumpXgboost(width: number, column: number, threshold: number, featureNames: readonly string[] = [], attributes: Readonly<Record<string, string>> = {}): Uint8Array {
  const model = {
    version: [1, 7, 4],
    learner: {
      attributes,
      feature_names: featureNames,
      feature_types: featureNames.map(() => "float"),
      gradient_booster: {
        name: "gbtree",
        model: {
          gbtree_model_param: { num_parallel_tree: "1", num_trees: "1", size_leaf_vector: "0" },
          tree_info: [0],
          trees: [
            {
              base_weights: [0, -1, 1],
              categories: [],
              categories_nodes: [],
              categories_segments: [],
              categories_sizes: [],
              default_left: [1, 0, 0],
              id: 0,
              left_children: [1, -1, -1],
              loss_changes: [1, 0, 0],
              parents: [2147483647, 0, 0],
              right_children: [2, -1, -1],
              split_conditions: [threshold, -1, 1],
              split_indices: [column, 0, 0],
              split_type: [0, 0, 0],
              sum_hessian: [2, 1, 1],
              tree_param: { num_deleted: "0", num_feature: String(width), num_nodes: "3", size_leaf_vector: "0" },
            },
          ],
        },
      },
      learner_model_param: { base_score: "5E-1", boost_from_average: "1", num_class: "0", num_feature: String(width), num_target: "1" },
      objective: { name: "reg:squarederror", reg_loss_param: { scale_pos_weight: "1" } },
    },
  };
  return new TextEncoder().encode(JSON.stringify(model));
}
