import type { InputSource } from "../view/row-state.js";
import type { ServedPrediction } from "./served-model.js";

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

function bigintJson(value: bigint): string {
  // Beyond 2^53 most readers of JSON would round it.
  return value >= -SAFE && value <= SAFE ? String(value) : `"${value}"`;
}

/** A value as JSON: NaN and the infinities are null, a bigint beyond 2^53 is its digits as text. */
export function valueJson(value: unknown): string {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? `${value}` : "null";
    case "bigint":
      return bigintJson(value);
    case "string":
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    default:
      if (value === null || value === undefined) return "null";
      if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) return listJson(value as ArrayLike<unknown>);
      return recordJson(value as Readonly<Record<string, unknown>>);
  }
}

export function listJson(values: ArrayLike<unknown>): string {
  let out = "[";
  for (let i = 0; i < values.length; i++) out += i === 0 ? valueJson(values[i]) : `,${valueJson(values[i])}`;
  return `${out}]`;
}

export function recordJson(values: Readonly<Record<string, unknown>>): string {
  let out = "";
  for (const name of Object.keys(values)) out += `${out === "" ? "{" : ","}${JSON.stringify(name)}:${valueJson(values[name])}`;
  return out === "" ? "{}" : `${out}}`;
}

export function sourcesJson(sources: Readonly<Record<string, InputSource>> | undefined): string {
  return sources === undefined ? "" : `,"sources":${recordJson(sources)}`;
}

/** An answer as JSON. By hand: predictions are of many types, which a serializer by schema would try one by one. */
export function predictionJson(answer: ServedPrediction, tail: string): string {
  let out = `{"requestId":${JSON.stringify(answer.requestId)},"prediction":${valueJson(answer.prediction)}`;
  if (answer.probabilities !== undefined) out += `,"probabilities":${listJson(answer.probabilities)}`;
  if (answer.classes !== undefined) out += `,"classes":${listJson(answer.classes)}`;
  out += answer.fallback ? `,"fallback":true,"reason":${valueJson(answer.reason)}` : ',"fallback":false';
  return `${out}${sourcesJson(answer.sources)},${tail}}`;
}
