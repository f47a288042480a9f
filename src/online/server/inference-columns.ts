import { SkewlessError } from "../../errors.js";
import type { PredictionValue } from "../../scorer/predictor/prediction.js";
import { refuse, type RequestTensor } from "./inference-request.js";
import type { OutputTensor } from "./inference-types.js";
import type { JsonSchema } from "../view/schema.js";
import type { ServedPrediction } from "./served-model.js";

/** Where a field of the view is in a request, and whether it is a list. */
export interface FieldPlace {
  readonly section: string;
  readonly isList: boolean;
}

/** Places of the view's fields by name. */
export function fieldPlaces(request: JsonSchema): ReadonlyMap<string, FieldPlace> {
  const sections = Object.entries((request["properties"] ?? {}) as Readonly<Record<string, { readonly properties?: Readonly<Record<string, JsonSchema>> }>>);
  return new Map(
    sections.flatMap(([section, { properties = {} }]) =>
      Object.entries(properties).map(([name, schema]) => [name, { section, isList: JSON.stringify(schema).includes('"type":"array"') }] as const),
    ),
  );
}

/** Columns of requests as the requests: each tensor is a field, its first axis the request. */
export function requestsOf(tensors: readonly RequestTensor[], places: ReadonlyMap<string, FieldPlace>): Record<string, Record<string, unknown>>[] {
  const rows = tensors[0]?.shape[0] ?? 1;
  const out = Array.from({ length: rows }, (): Record<string, Record<string, unknown>> => ({}));
  for (const { name, shape, data, path } of tensors) {
    const { section, isList } = places.get(name) as FieldPlace;
    const width = shape[1] ?? 1;
    if (shape[0] !== rows || (isList ? shape.length !== 2 : shape.length > 2 || width !== 1)) {
      throw refuse([...path, "shape"], `expected ${isList ? `[${rows}, n]` : `[${rows}] or [${rows}, 1]`}, received [${shape.join(", ")}]`);
    }
    for (let row = 0; row < rows; row++) {
      const fields = ((out[row] as Record<string, Record<string, unknown>>)[section] ??= {});
      fields[name] = isList ? data.slice(row * width, (row + 1) * width) : data[row];
    }
  }
  return out;
}

/** The answers as tensors: prediction, fallback and, where the model has them, probabilities. */
export function answerTensors(answers: readonly (ServedPrediction | SkewlessError)[]): OutputTensor[] {
  const rows = answers.map((answer, i) => {
    if (answer instanceof SkewlessError) throw answer.with({ path: ["inputs", i, ...(answer.path ?? [])] });
    return answer as ServedPrediction;
  });
  const out: OutputTensor[] = [predictions(rows.map(({ prediction }) => prediction)), { name: "fallback", datatype: "BOOL", shape: [rows.length], data: rows.map(({ fallback }) => fallback) }];
  const width = rows.find(({ probabilities }) => probabilities !== undefined)?.probabilities?.length;
  if (width !== undefined) {
    const data = rows.flatMap(({ probabilities }) => (probabilities === undefined ? new Array<number>(width).fill(NaN) : Array.from(probabilities)));
    out.push({ name: "probabilities", datatype: "FP32", shape: [rows.length, width], data });
  }
  return out;
}

function predictions(values: readonly PredictionValue[]): OutputTensor {
  const [first] = values;
  if (typeof first === "object") {
    const width = first.length;
    const data = values.flatMap((value): unknown[] => (typeof value === "object" ? [...value] : [value]));
    return { name: "prediction", datatype: datatypeOf(data), shape: [values.length, width], data };
  }
  return { name: "prediction", datatype: datatypeOf(values), shape: [values.length], data: values };
}

function datatypeOf(values: readonly unknown[]): string {
  if (values.every((value) => typeof value === "bigint")) return "INT64";
  return values.some((value) => typeof value === "string") ? "BYTES" : "FP64";
}
