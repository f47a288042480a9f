import { DefinitionError, InputError, received } from "../../errors.js";
import type { AnyInputType } from "../../types/input-type.js";
import type { FeatureGroup } from "../group.js";
import { KeyCodec } from "./key.js";
import { RowEncoder } from "./row-encoder.js";
import { RowReader } from "./row-reader.js";
import { schemaOf, type RowSchema } from "./schema.js";
import type { StoreWrite } from "./store.js";

/** A group's readers of different projections that are kept. */
const MOST_READERS = 64;

/** What a store needs of a group, made once: keys, the row's schema, its encoder and a reader for each projection. */
export class GroupCodec {
  readonly group: FeatureGroup;
  readonly key: KeyCodec;
  readonly schema: RowSchema;
  readonly encoder: RowEncoder;
  readonly #names: readonly string[];
  readonly #readers: RowReader[] = [];

  constructor(group: FeatureGroup) {
    const { ttlSeconds } = group;
    if (ttlSeconds !== undefined && !(Number.isFinite(ttlSeconds) && ttlSeconds > 0)) {
      throw new DefinitionError("INVALID_DEFINITION", "a group's time to live", { path: [group.name, "ttlSeconds"], expected: "a number above 0", actual: received(ttlSeconds) });
    }
    this.group = group;
    this.key = new KeyCodec(group);
    this.schema = schemaOf(group);
    this.#names = this.schema.names;
    this.encoder = new RowEncoder(this.schema, this.schema.types as readonly AnyInputType[]);
  }

  reader(features: readonly string[] | undefined): RowReader {
    const wanted = features ?? this.#names;
    const readers = this.#readers;
    for (const reader of readers) if (sameNames(reader.features, wanted)) return reader;
    const reader = new RowReader(this.group, this.schema, wanted);
    if (readers.length >= MOST_READERS) readers.shift();
    readers.push(reader);
    return reader;
  }

  /** When a row written now counts as happened, and the row's bytes. */
  encode({ values, eventTime = Date.now() }: StoreWrite, row: number): { readonly eventTime: number; readonly bytes: Buffer } {
    if (typeof eventTime !== "number" || !Number.isFinite(eventTime)) {
      throw new InputError("WRONG_TYPE", "an event time", { path: ["eventTime"], row, expected: "milliseconds since 1970 as a number", actual: received(eventTime) });
    }
    return { eventTime, bytes: this.encoder.encode(values, eventTime, row) };
  }

  /** When rows of this event time are gone, in milliseconds since 1970. */
  expiry(eventTime: number): number {
    return this.group.ttlSeconds === undefined ? Infinity : eventTime + this.group.ttlSeconds * 1000;
  }
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const codecs = new WeakMap<FeatureGroup, GroupCodec>();

export function codecOf(group: FeatureGroup): GroupCodec {
  let codec = codecs.get(group);
  if (codec === undefined) codecs.set(group, (codec = new GroupCodec(group)));
  return codec;
}
