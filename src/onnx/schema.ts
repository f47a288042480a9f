import { message, type MessageType, type Unknown } from "./wire.js";

/**
 * The messages of ONNX's public onnx.proto that matter here, by field number. Repeated numbers are typed arrays,
 * bytes are views of the file. Fields that are not listed are kept as they are (`unknown`) and written again.
 */

/** TensorProto.DataType. */
export const DataType = {
  UNDEFINED: 0,
  FLOAT: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  STRING: 8,
  BOOL: 9,
  FLOAT16: 10,
  DOUBLE: 11,
  UINT32: 12,
  UINT64: 13,
  COMPLEX64: 14,
  COMPLEX128: 15,
  BFLOAT16: 16,
} as const;

/** The type's name as ONNX writes it: `float`, `int64`. */
export function dataTypeName(type: number): string {
  const entry = Object.entries(DataType).find(([, value]) => value === type);
  return entry === undefined ? `type ${type}` : entry[0].toLowerCase();
}

/** AttributeProto.AttributeType. */
export const AttributeType = {
  UNDEFINED: 0,
  FLOAT: 1,
  INT: 2,
  STRING: 3,
  TENSOR: 4,
  GRAPH: 5,
  FLOATS: 6,
  INTS: 7,
  STRINGS: 8,
  TENSORS: 9,
  GRAPHS: 10,
} as const;

export interface StringEntry extends Unknown {
  readonly key?: string;
  readonly value?: string;
}

export interface OperatorSetId extends Unknown {
  /** "" and "ai.onnx" are the same. */
  readonly domain?: string;
  readonly version?: bigint;
}

export interface Dimension extends Unknown {
  readonly dimValue?: bigint;
  readonly dimParam?: string;
}
export interface TensorShape extends Unknown {
  readonly dim?: readonly Dimension[];
}
export interface TensorType extends Unknown {
  readonly elemType?: number;
  /** Absent: the rank is not known. */
  readonly shape?: TensorShape;
}
export interface SequenceType extends Unknown {
  readonly elemType?: TypeProto;
}
export interface MapType extends Unknown {
  readonly keyType?: number;
  readonly valueType?: TypeProto;
}
export interface TypeProto extends Unknown {
  readonly tensorType?: TensorType;
  readonly sequenceType?: SequenceType;
  readonly mapType?: MapType;
  readonly optionalType?: SequenceType;
}

export interface ValueInfoProto extends Unknown {
  readonly name?: string;
  readonly type?: TypeProto;
  readonly docString?: string;
}

export interface TensorProto extends Unknown {
  readonly dims?: BigInt64Array;
  readonly dataType?: number;
  readonly floatData?: Float32Array;
  readonly int32Data?: Int32Array;
  readonly stringData?: readonly Uint8Array[];
  readonly int64Data?: BigInt64Array;
  readonly name?: string;
  readonly rawData?: Uint8Array;
  readonly doubleData?: Float64Array;
  readonly uint64Data?: BigUint64Array;
  readonly docString?: string;
  /** location, offset, length, checksum. */
  readonly externalData?: readonly StringEntry[];
  /** 1: the data are in another file. */
  readonly dataLocation?: number;
}

export interface AttributeProto extends Unknown {
  readonly name?: string;
  readonly refAttrName?: string;
  readonly type?: number;
  readonly f?: number;
  readonly i?: bigint;
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly floats?: Float32Array;
  readonly ints?: BigInt64Array;
  readonly strings?: readonly Uint8Array[];
  readonly tensors?: readonly TensorProto[];
  readonly graphs?: readonly GraphProto[];
  readonly docString?: string;
}

export interface NodeProto extends Unknown {
  /** "" stands for an optional input that is not given. */
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly name?: string;
  readonly opType?: string;
  readonly domain?: string;
  readonly attribute?: readonly AttributeProto[];
  readonly docString?: string;
}

export interface GraphProto extends Unknown {
  readonly node?: readonly NodeProto[];
  readonly name?: string;
  readonly initializer?: readonly TensorProto[];
  readonly docString?: string;
  readonly input?: readonly ValueInfoProto[];
  readonly output?: readonly ValueInfoProto[];
  readonly valueInfo?: readonly ValueInfoProto[];
}

export interface ModelProto extends Unknown {
  readonly irVersion?: bigint;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly domain?: string;
  readonly modelVersion?: bigint;
  readonly docString?: string;
  readonly graph?: GraphProto;
  readonly opsetImport?: readonly OperatorSetId[];
  readonly metadataProps?: readonly StringEntry[];
}

export const STRING_ENTRY = message<StringEntry>("StringStringEntryProto", { key: [1, "string"], value: [2, "string"] });

const OPERATOR_SET_ID = message<OperatorSetId>("OperatorSetIdProto", { domain: [1, "string"], version: [2, "int64"] });

const DIMENSION = message<Dimension>("Dimension", { dimValue: [1, "int64"], dimParam: [2, "string"] });
const TENSOR_SHAPE = message<TensorShape>("TensorShapeProto", { dim: [1, "messages", () => DIMENSION] });
const TENSOR_TYPE = message<TensorType>("TypeProto.Tensor", { elemType: [1, "int32"], shape: [2, "message", () => TENSOR_SHAPE] });
const SEQUENCE_TYPE: MessageType<SequenceType> = message<SequenceType>("TypeProto.Sequence", { elemType: [1, "message", () => TYPE] });
const MAP_TYPE = message<MapType>("TypeProto.Map", { keyType: [1, "int32"], valueType: [2, "message", () => TYPE] });
const TYPE: MessageType<TypeProto> = message<TypeProto>("TypeProto", {
  tensorType: [1, "message", () => TENSOR_TYPE],
  sequenceType: [4, "message", () => SEQUENCE_TYPE],
  mapType: [5, "message", () => MAP_TYPE],
  optionalType: [9, "message", () => SEQUENCE_TYPE],
});

const VALUE_INFO = message<ValueInfoProto>("ValueInfoProto", {
  name: [1, "string"],
  type: [2, "message", () => TYPE],
  docString: [3, "string"],
});

export const TENSOR = message<TensorProto>("TensorProto", {
  dims: [1, "int64s"],
  dataType: [2, "int32"],
  floatData: [4, "floats"],
  int32Data: [5, "int32s"],
  stringData: [6, "bytesList"],
  int64Data: [7, "int64s"],
  name: [8, "string"],
  rawData: [9, "bytes"],
  doubleData: [10, "doubles"],
  uint64Data: [11, "uint64s"],
  docString: [12, "string"],
  externalData: [13, "messages", () => STRING_ENTRY],
  dataLocation: [14, "int32"],
});

const ATTRIBUTE: MessageType<AttributeProto> = message<AttributeProto>("AttributeProto", {
  name: [1, "string"],
  f: [2, "float"],
  i: [3, "int64"],
  s: [4, "bytes"],
  t: [5, "message", () => TENSOR],
  g: [6, "message", () => GRAPH],
  floats: [7, "floats"],
  ints: [8, "int64s"],
  strings: [9, "bytesList"],
  tensors: [10, "messages", () => TENSOR],
  graphs: [11, "messages", () => GRAPH],
  docString: [13, "string"],
  type: [20, "int32"],
  refAttrName: [21, "string"],
});

const NODE: MessageType<NodeProto> = message<NodeProto>("NodeProto", {
  input: [1, "strings"],
  output: [2, "strings"],
  name: [3, "string"],
  opType: [4, "string"],
  attribute: [5, "messages", () => ATTRIBUTE],
  docString: [6, "string"],
  domain: [7, "string"],
});

const GRAPH: MessageType<GraphProto> = message<GraphProto>("GraphProto", {
  node: [1, "messages", () => NODE],
  name: [2, "string"],
  initializer: [5, "messages", () => TENSOR],
  docString: [10, "string"],
  input: [11, "messages", () => VALUE_INFO],
  output: [12, "messages", () => VALUE_INFO],
  valueInfo: [13, "messages", () => VALUE_INFO],
});

export const MODEL = message<ModelProto>("ModelProto", {
  irVersion: [1, "int64"],
  producerName: [2, "string"],
  producerVersion: [3, "string"],
  domain: [4, "string"],
  modelVersion: [5, "int64"],
  docString: [6, "string"],
  graph: [7, "message", () => GRAPH],
  opsetImport: [8, "messages", () => OPERATOR_SET_ID],
  metadataProps: [14, "messages", () => STRING_ENTRY],
});
