// Small ONNX models for tests, written as data.
import { makeAttribute, makeValueInfo, type AttributeValue, type Dim } from "../../../src/onnx/builder.js";
import { writeModel } from "../../../src/onnx/model.js";
import { DataType, type NodeProto, type ValueInfoProto } from "../../../src/onnx/schema.js";
import { makeTensor, type Tensor } from "../../../src/onnx/tensor.js";
import type { TensorType } from "../../../src/scorer/tensor.js";

export const DATA_TYPE: Readonly<Partial<Record<TensorType, number>>> = {
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  float16: DataType.FLOAT16,
  int64: DataType.INT64,
  int32: DataType.INT32,
  bool: DataType.BOOL,
  string: DataType.STRING,
  uint8: DataType.UINT8,
};

export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly domain?: string;
  readonly name?: string;
}

export interface Declared {
  readonly name: string;
  readonly type: TensorType;
  /** Undefined: no shape. */
  readonly dims?: readonly Dim[];
}

export interface ModelSpec {
  readonly inputs: readonly Declared[];
  readonly outputs: readonly (Declared | { readonly name: string; readonly raw: ValueInfoProto })[];
  readonly nodes: readonly NodeSpec[];
  readonly constants?: Readonly<Record<string, Tensor>>;
  readonly opset?: number;
  readonly mlOpset?: number;
}

function info({ name, type, dims }: Declared): ValueInfoProto {
  const elemType = DATA_TYPE[type] as number;
  return dims === undefined ? { name, type: { tensorType: { elemType } } } : makeValueInfo(name, elemType, dims);
}

export function nodeProto({ op, inputs, outputs, attributes = {}, domain = "", name = "" }: NodeSpec): NodeProto {
  return { opType: op, domain, name, input: inputs, output: outputs, attribute: Object.entries(attributes).map(([key, value]) => makeAttribute(key, value)) };
}

export function makeModel({ inputs, outputs, nodes, constants = {}, opset = 18, mlOpset = 3 }: ModelSpec): Uint8Array {
  return writeModel({
    irVersion: 8n,
    opsetImport: [
      { domain: "", version: BigInt(opset) },
      { domain: "ai.onnx.ml", version: BigInt(mlOpset) },
    ],
    graph: {
      name: "test",
      node: nodes.map(nodeProto),
      initializer: Object.entries(constants).map(([name, tensor]) => makeTensor(name, tensor)),
      input: inputs.map(info),
      output: outputs.map((output) => ("raw" in output ? output.raw : info(output))),
    },
  });
}

export const floats = (values: readonly number[], dims: readonly number[] = [values.length]): Tensor => ({ type: DataType.FLOAT, dims, values: Float32Array.from(values) });
export const doubles = (values: readonly number[], dims: readonly number[] = [values.length]): Tensor => ({ type: DataType.DOUBLE, dims, values: Float64Array.from(values) });
export const int64s = (values: readonly (number | bigint)[], dims: readonly number[] = [values.length]): Tensor => ({ type: DataType.INT64, dims, values: BigInt64Array.from(values, BigInt) });
export const texts = (values: readonly string[], dims: readonly number[] = [values.length]): Tensor => ({ type: DataType.STRING, dims, values });
export const ints = (values: readonly number[]): readonly bigint[] => values.map((value) => BigInt(value));
