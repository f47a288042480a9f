import { DefinitionError, received } from "../errors.js";
import type { Inputs } from "../features/inputs.js";
import type { Storage } from "../types/input-type.js";
import { checkTypes } from "./names.js";

/**
 * Precomputed features that are looked up together by one entity's keys: what one table of a feature store holds.
 * Names of features are the store's and the materialized table's; a view may prefix them.
 */
export interface FeatureGroup<K extends Inputs = Inputs, F extends Inputs = Inputs> {
  readonly name: string;
  /** Serving keys: integers, utf8, bool or date32. In this order they make the store's key. */
  readonly keys: K;
  readonly features: F;
  /** Column of the event time in tables that are materialized; rows with an older one never replace newer ones. */
  readonly eventTime?: string;
  /** Seconds after its event time (or after writing, without one) at which a row is gone. */
  readonly ttlSeconds?: number;
  /** Seconds after its event time from which a row's features count as late. */
  readonly maxAgeSeconds?: number;
}

const KEY_STORAGE: ReadonlySet<Storage> = new Set<Storage>(["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "utf8", "bool", "date32"]);
const PROPERTIES = ["name", "keys", "features", "eventTime", "ttlSeconds", "maxAgeSeconds"];

function bad(name: unknown, property: string, expected: string, value: unknown): never {
  throw new DefinitionError("INVALID_DEFINITION", "feature group", {
    path: [typeof name === "string" && name !== "" ? name : "group", property],
    expected,
    actual: received(value),
  });
}

/**
 * Declares a feature group.
 *
 * @example
 * const cards = featureGroup({
 *   name: "cards",
 *   keys: { card_id: t.int64() },
 *   features: { amount_mean: t.float64().nullable(), prev_at: t.timestamp("ms").nullable() },
 *   eventTime: "updated_at",
 *   maxAgeSeconds: 3600,
 * });
 */
export function featureGroup<const K extends Inputs, const F extends Inputs>(definition: FeatureGroup<K, F>): FeatureGroup<K, F> {
  if (typeof definition !== "object" || definition === null) bad(undefined, "definition", "an object", definition);
  const { name, keys, features, eventTime, ttlSeconds, maxAgeSeconds } = definition;
  if (typeof name !== "string" || name === "" || !name.isWellFormed()) bad(name, "name", "text", name);
  for (const property of Object.keys(definition)) {
    if (!PROPERTIES.includes(property)) bad(name, property, `one of ${PROPERTIES.join(", ")}`, property);
  }
  checkTypes([name, "keys"], keys);
  checkTypes([name, "features"], features);
  if (Object.keys(keys).length === 0) bad(name, "keys", "at least one key", keys);
  for (const [key, { storage }] of Object.entries(keys)) {
    if (!KEY_STORAGE.has(storage)) {
      throw new DefinitionError("INVALID_DEFINITION", "the type of a key", { path: [name, "keys", key], expected: [...KEY_STORAGE].join(", "), actual: storage });
    }
    if (Object.hasOwn(features, key)) bad(name, "features", "names other than the keys'", key);
  }
  if (eventTime !== undefined && (typeof eventTime !== "string" || eventTime === "" || Object.hasOwn(keys, eventTime))) {
    bad(name, "eventTime", "the name of a column that is no key", eventTime);
  }
  for (const [property, seconds] of Object.entries({ ttlSeconds, maxAgeSeconds })) {
    if (seconds !== undefined && !(typeof seconds === "number" && seconds > 0 && Number.isFinite(seconds))) bad(name, property, "a number of seconds above 0", seconds);
  }
  return Object.freeze({ ...definition, keys: Object.freeze({ ...keys }), features: Object.freeze({ ...features }) });
}
