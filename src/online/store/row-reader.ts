import { DefinitionError, OnlineError, SkewlessError } from "../../errors.js";
import type { AnyInputType } from "../../types/input-type.js";
import type { FeatureGroup } from "../group.js";
import { compileValues, type ReadField, type ReadValues } from "./compiled-values.js";
import { corrupt } from "./failure.js";
import { CHECKSUM_AT, checksum, EVENT_TIME_AT, NULLS_AT, ROW_VERSION, SCHEMA_AT } from "./layout.js";
import { schemaIdText, storedType, type RowSchema } from "./schema.js";
import type { StoredRow } from "./store.js";

/** Finds the schemas of rows that other versions of the group wrote, by `RowSchema.id`. */
export type FindSchema = (id: string) => RowSchema | undefined;

/** STORE_CORRUPT, unless the store finds the schema and reads again. */
export class UnknownSchema extends OnlineError {
  readonly id: string;
  constructor(id: string, group: string) {
    super("STORE_CORRUPT", "the stored row has a schema that the store does not know", { path: [group], actual: id });
    this.id = id;
  }
}

/** Programs of other versions' rows are kept for this many versions. */
const MOST_SCHEMAS = 32;

/** Reads some features of a group's rows; programs for the group's own schema and for older ones are compiled once. */
export class RowReader {
  readonly features: readonly string[];
  readonly #group: FeatureGroup;
  readonly #idLow: number;
  readonly #idHigh: number;
  readonly #read: ReadValues;
  readonly #others = new Map<string, { readonly read: ReadValues; readonly least: number }>();
  readonly #ttl: number;
  /** Bytes that a row of the group's own schema has at least. */
  readonly #least: number;

  constructor(group: FeatureGroup, schema: RowSchema, features: readonly string[]) {
    this.#group = group;
    this.#ttl = group.ttlSeconds === undefined ? Infinity : group.ttlSeconds * 1000;
    this.features = [...features];
    for (const name of features) {
      if (!Object.hasOwn(group.features, name)) {
        throw new DefinitionError("INVALID_PARAMETER", "the group has no such feature", { path: [group.name, name], expected: `one of ${Object.keys(group.features).join(", ")}` });
      }
    }
    this.#idLow = schema.idLow;
    this.#idHigh = schema.idHigh;
    this.#least = schema.layout.heap;
    this.#read = compileValues(this.#fields(schema));
  }

  /** The row in the first `length` bytes, or undefined where it has expired at `now`. */
  read(view: DataView, bytes: Buffer, length: number, now: number, find: FindSchema): StoredRow | undefined {
    if (length < NULLS_AT || (length & 3) !== 0) throw this.#corrupt("the stored bytes are no row", { expected: `a multiple of 4, at least ${NULLS_AT} bytes`, actual: `${length} bytes` });
    const version = view.getUint32(0, true);
    if (version !== ROW_VERSION) throw this.#corrupt("the stored bytes are no row of a known version", { expected: `version ${ROW_VERSION}`, actual: `${version}` });
    if (view.getUint32(CHECKSUM_AT, true) !== checksum(view, length)) throw this.#corrupt("the stored row does not match its checksum");
    const eventTime = view.getFloat64(EVENT_TIME_AT, true);
    if (!(Math.abs(eventTime) < Infinity)) throw this.#corrupt("the stored row has no event time");
    if (eventTime + this.#ttl <= now) return undefined;
    const low = view.getUint32(SCHEMA_AT, true);
    const high = view.getUint32(SCHEMA_AT + 4, true);
    const own = low === this.#idLow && high === this.#idHigh;
    if (own && length < this.#least) throw this.#corrupt("the stored row is shorter than its schema");
    const read = own ? this.#read : this.#other(schemaIdText(low, high), length, find);
    try {
      return { values: read(view, bytes, length), eventTime };
    } catch (error) {
      if (error instanceof SkewlessError && error.code === "STORE_CORRUPT") throw error.with({ path: [this.#group.name] });
      if (error instanceof RangeError) throw this.#corrupt("the stored row is shorter than its schema", undefined, error);
      throw error;
    }
  }

  #other(id: string, length: number, find: FindSchema): ReadValues {
    let known = this.#others.get(id);
    if (known === undefined) {
      const schema = find(id);
      if (schema === undefined) throw new UnknownSchema(id, this.#group.name);
      known = { read: compileValues(this.#fields(schema)), least: schema.layout.heap };
      if (this.#others.size >= MOST_SCHEMAS) this.#others.delete(this.#others.keys().next().value as string);
      this.#others.set(id, known);
    }
    if (length < known.least) throw this.#corrupt("the stored row is shorter than its schema");
    return known.read;
  }

  /** The features wanted that the schema has; those it lacks stay out of the row. */
  #fields(schema: RowSchema): ReadField[] {
    const fields: ReadField[] = [];
    for (const name of this.features) {
      const index = schema.names.indexOf(name);
      if (index < 0) continue;
      const type = schema.types[index] as AnyInputType;
      const [stored, declared] = [storedType(type), storedType(this.#group.features[name] as AnyInputType)];
      if (stored !== declared) {
        throw corrupt("the row was written when the feature had another type", {
          path: [this.#group.name, name],
          expected: declared,
          actual: stored,
          fix: "Materialize the group again, or give the feature another name",
        });
      }
      fields.push({ name, type, index, slot: schema.layout.slots[index] as number });
    }
    return fields;
  }

  #corrupt(what: string, facts: { expected?: string; actual?: string } = {}, cause?: unknown): SkewlessError {
    return corrupt(what, { path: [this.#group.name], ...facts }, cause);
  }
}
