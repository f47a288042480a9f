import { formatPath, received } from "../../errors.js";
import type { TensorInfo, TensorType } from "../../scorer/tensor.js";
import { HttpError } from "./http-error.js";
import { DATATYPES } from "./inference-types.js";
import { isRecord } from "./json-body.js";

type Path = readonly (string | number)[];

/** An input tensor: its elements in row-major order, as JSON gave them. */
export interface RequestTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
  readonly path: Path;
}

export interface InferenceRequest {
  readonly id: string | undefined;
  readonly inputs: readonly RequestTensor[];
  /** Names of the outputs that are wanted; undefined for all. */
  readonly outputs: readonly string[] | undefined;
}

const MOST_AXES = 16;
const KNOWN = new Set(Object.values(DATATYPES));

export function refuse(path: Path, what: string): HttpError {
  const place = formatPath(path);
  return new HttpError(400, "INVALID_REQUEST", place === "" ? what : `${place}: ${what}`, place);
}

function onlyFields(path: Path, value: unknown, names: readonly string[]): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw refuse(path, `expected an object, received ${received(value)}`);
  for (const key of Object.keys(value)) if (!names.includes(key)) throw refuse([...path, key], `there is no such field: expected ${names.join(", ")}`);
  return value;
}

function own(value: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

/** Parameters change nothing here, but those that announce binary data would be misread. */
function checkParameters(path: Path, value: unknown): void {
  if (value === undefined) return;
  if (!isRecord(value)) throw refuse(path, `expected an object, received ${received(value)}`);
  for (const name of ["binary_data_size", "binary_data", "binary_data_output"]) {
    if (Object.hasOwn(value, name) && value[name] !== false) throw refuse([...path, name], "binary tensors are not supported: send and expect JSON");
  }
}

/** Checks the frame of a request, and makes nested data flat. 400 with the path. */
export function readInference(body: unknown): InferenceRequest {
  const request = onlyFields([], body, ["id", "parameters", "inputs", "outputs"]);
  const id = own(request, "id");
  if (id !== undefined && typeof id !== "string") throw refuse(["id"], `expected text, received ${received(id)}`);
  checkParameters(["parameters"], own(request, "parameters"));
  const inputs = own(request, "inputs");
  if (!Array.isArray(inputs) || inputs.length === 0) throw refuse(["inputs"], `expected a list of tensors, received ${received(inputs)}`);
  const tensors = (inputs as readonly unknown[]).map((input, i) => readTensor(["inputs", i], input));
  tensors.forEach(({ name, path }, i) => {
    if (tensors.findIndex((other) => other.name === name) < i) throw refuse([...path, "name"], `the input ${JSON.stringify(name)} is given twice`);
  });
  return { id, inputs: tensors, outputs: readOutputs(own(request, "outputs")) };
}

function readOutputs(outputs: unknown): readonly string[] | undefined {
  if (outputs === undefined) return undefined;
  if (!Array.isArray(outputs)) throw refuse(["outputs"], `expected a list, received ${received(outputs)}`);
  return (outputs as readonly unknown[]).map((output, i) => {
    const path = ["outputs", i];
    const value = onlyFields(path, output, ["name", "parameters"]);
    const name = own(value, "name");
    if (typeof name !== "string") throw refuse([...path, "name"], `expected text, received ${received(name)}`);
    checkParameters([...path, "parameters"], own(value, "parameters"));
    return name;
  });
}

function readTensor(path: Path, input: unknown): RequestTensor {
  const value = onlyFields(path, input, ["name", "shape", "datatype", "parameters", "data"]);
  const [name, shape, datatype, data] = [own(value, "name"), own(value, "shape"), own(value, "datatype"), own(value, "data")];
  if (typeof name !== "string") throw refuse([...path, "name"], `expected text, received ${received(name)}`);
  if (!Array.isArray(shape) || shape.length > MOST_AXES) throw refuse([...path, "shape"], `expected a list of at most ${MOST_AXES} sizes, received ${received(shape)}`);
  let count = 1;
  for (const [axis, size] of (shape as readonly unknown[]).entries()) {
    if (!Number.isSafeInteger(size) || (size as number) < 0) throw refuse([...path, "shape", axis], `expected an integer from 0, received ${received(size)}`);
    count *= size as number;
  }
  if (typeof datatype !== "string" || !KNOWN.has(datatype)) throw refuse([...path, "datatype"], `expected one of ${[...KNOWN].join(", ")}, received ${received(datatype)}`);
  checkParameters([...path, "parameters"], own(value, "parameters"));
  // One element without axes may stand for itself.
  const given = shape.length === 0 && !Array.isArray(data) ? [data] : data;
  if (!Array.isArray(given)) throw refuse([...path, "data"], `expected a list, received ${received(data)}`);
  const flat = flatten([...path, "data"], given, shape as readonly number[]);
  if (flat.length !== count) throw refuse([...path, "data"], `expected ${count} elements for the shape [${(shape as readonly number[]).join(", ")}], received ${flat.length}`);
  return { name, datatype, shape: shape as readonly number[], data: flat, path };
}

/** Row-major elements of a flat list, or of lists nested as the shape says. */
function flatten(path: Path, data: readonly unknown[], shape: readonly number[]): readonly unknown[] {
  if (!Array.isArray(data[0])) {
    const list = data.findIndex((element) => Array.isArray(element));
    if (list >= 0) throw refuse([...path, list], "lists nested unevenly");
    return data;
  }
  let level: readonly unknown[] = data;
  // As many levels as there are axes: what lies deeper is no element, and is refused as one.
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis] as number;
    const lists: readonly unknown[] = axis === 0 ? [level] : level;
    const next: unknown[] = [];
    for (const list of lists) {
      if (!Array.isArray(list) || list.length !== size) throw refuse(path, `expected lists of ${size} at depth ${axis + 1}, received ${received(list)}`);
      for (const element of list as readonly unknown[]) next.push(element);
    }
    level = next;
  }
  return level;
}

const FLOATS = ["FP16", "FP32", "FP64"];
const GREATEST: Readonly<Record<string, number>> = { float16: 65_504, float32: 3.4028234663852886e38, float64: Number.MAX_VALUE };

/** The value that a tensor gives a model's input, as the scorer takes it. 400 with the path. */
export function modelTensor({ datatype, shape, data, path }: RequestTensor, info: TensorInfo): { readonly dims: readonly number[]; readonly data: readonly unknown[] } {
  const expected = DATATYPES[info.type];
  // JSON numbers have no width of their own.
  const fits = datatype === expected || (FLOATS.includes(datatype) && FLOATS.includes(expected));
  if (!fits) throw refuse([...path, "datatype"], `expected ${expected}, received ${datatype}`);
  const wrong = shape.length !== info.dims.length || info.dims.some((size, axis) => typeof size === "number" && size !== shape[axis]);
  if (wrong && info.dims.length > 0) throw refuse([...path, "shape"], `expected [${tensorShape(info)}], received [${shape.join(", ")}]`);
  return { dims: shape, data: data.map((element, i) => modelElement(info.type, element, () => [...path, "data", i])) };
}

function tensorShape(info: TensorInfo): string {
  return info.dims.map((size) => (typeof size === "number" ? size : -1)).join(", ");
}

/** null is NaN, which JSON cannot write: the missing value of trees. */
function modelElement(type: TensorType, element: unknown, path: () => Path): unknown {
  switch (type) {
    case "float32":
    case "float64":
    case "float16": {
      if (element === null) return NaN;
      if (typeof element !== "number" || !(Math.abs(element) <= (GREATEST[type] as number))) throw refuse(path(), `expected a finite number of ${DATATYPES[type]}, or null for NaN, received ${received(element)}`);
      return element;
    }
    case "int64":
    case "uint64":
      return typeof element === "string" && /^-?\d{1,20}$/.test(element) ? BigInt(element) : element;
    default:
      // The scorer checks the rest, and says where.
      return element;
  }
}
