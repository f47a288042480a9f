import type { AnyInputType } from "../../types/input-type.js";
import { META_INPUTS, parsed, predictionInput, probabilitiesInput, type LogDefinition } from "./schema.js";
import { t } from "../../types/input-type.js";

/** Fields that one marshaller writes from one object: their slots of 16 bytes and their state bytes. */
export interface LogPart {
  readonly inputs: readonly { readonly name: string; readonly input: AnyInputType }[];
  /** Byte offsets inside a row. */
  readonly slots: number;
  readonly states: number;
}

/**
 * A record in memory that both threads see. A row: its time (int64 microseconds), for each part where its texts and
 * lists begin in the heap (uint32), whether there is a vector (uint32), the slots of all parts as the engine's
 * marshaller writes them, the vector (float32), the state bytes. Rows lie in blocks, each with a heap of its own.
 */
export interface LogLayout {
  readonly parts: readonly [meta: LogPart, keys: LogPart, features: LogPart];
  readonly rowBytes: number;
  readonly vector: number;
  readonly width: number;
  readonly blocks: number;
  readonly blockRows: number;
  /** Of a block. */
  readonly heapBytes: number;
}

export const HEAPS = 8;
export const HAS_VECTOR = 20;
const SLOTS = 24;

export interface QueueSize {
  readonly blocks: number;
  readonly blockRows: number;
  readonly heapBytes: number;
}

export function logLayout(definition: LogDefinition, size: QueueSize): LogLayout {
  const metaTypes: Record<(typeof META_INPUTS)[number], AnyInputType> = {
    requestId: t.utf8(),
    modelName: t.utf8(),
    modelVersion: t.utf8(),
    fallback: t.bool(),
    fallbackReason: t.utf8(),
    prediction: predictionInput(definition),
    probabilities: probabilitiesInput(definition),
  };
  const columns = (pairs: readonly (readonly [string, string])[]) => pairs.map(([name, type]) => ({ name, input: parsed(type).nullable() as AnyInputType }));
  const meta = META_INPUTS.filter((name) => name !== "probabilities" || definition.probabilities !== undefined).map((name) => ({
    name,
    input: name === "requestId" ? metaTypes[name] : (metaTypes[name].nullable() as AnyInputType),
  }));
  const inputs = [meta, columns(definition.keys), columns(definition.untransformed)] as const;
  const count = inputs.reduce((sum, part) => sum + part.length, 0);
  const width = definition.transformed.length;
  const vector = SLOTS + count * 16;
  let slots = SLOTS;
  let states = vector + Math.ceil(width / 2) * 8;
  const rowBytes = Math.ceil((states + count) / 8) * 8;
  const part = (own: LogPart["inputs"]): LogPart => {
    const out = { inputs: own, slots, states };
    slots += own.length * 16;
    states += own.length;
    return out;
  };
  return { parts: [part(inputs[0]), part(inputs[1]), part(inputs[2])], rowBytes, vector, width, ...size };
}
