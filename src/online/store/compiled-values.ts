import type { AnyInputType, Storage } from "../../types/input-type.js";
import { NULLS_AT } from "./layout.js";
import { readInt64, readText, readUint64, valueReader, type ReadValue } from "./read-value.js";

export interface ReadField {
  readonly name: string;
  readonly type: AnyInputType;
  /** Of the feature in the schema of the row: where its null bit is. */
  readonly index: number;
  readonly slot: number;
}

/** An object of the fields' values, by name. */
export type ReadValues = (view: DataView, bytes: Buffer, length: number) => Record<string, unknown>;

/** Beyond this the function is too long for the runtime's compiler. */
const MOST_FIELDS = 256;

const DIRECT: Partial<Record<Storage, (at: number) => string>> = {
  bool: (at) => `view.getUint8(${at}) !== 0`,
  int8: (at) => `view.getInt8(${at})`,
  uint8: (at) => `view.getUint8(${at})`,
  int16: (at) => `view.getInt16(${at}, true)`,
  uint16: (at) => `view.getUint16(${at}, true)`,
  int32: (at) => `view.getInt32(${at}, true)`,
  date32: (at) => `view.getInt32(${at}, true)`,
  uint32: (at) => `view.getUint32(${at}, true)`,
  float16: (at) => `view.getFloat32(${at}, true)`,
  float32: (at) => `view.getFloat32(${at}, true)`,
  float64: (at) => `view.getFloat64(${at}, true)`,
  int64: (at) => `int64(view, ${at})`,
  timestamp: (at) => `int64(view, ${at})`,
  date64: (at) => `int64(view, ${at})`,
  uint64: (at) => `uint64(view, ${at})`,
  utf8: (at) => `text(view, bytes, length, ${at})`,
};

/**
 * Compiles the reading of some fields into one object literal (a row of 10 numbers: 0.10 µs against 0.3 in a loop that sets
 * properties by name). Falls back to the loop where a program forbids code from strings. Names enter as JSON strings,
 * which are JavaScript literals, in brackets, so that "__proto__" is a name like others.
 */
export function compileValues(fields: readonly ReadField[]): ReadValues {
  if (fields.length > MOST_FIELDS) return loopOver(fields);
  const lists: ReadValue[] = [];
  const words = new Set<number>();
  const parts = fields.map(({ name, type, index, slot }) => {
    const word = index >> 5;
    words.add(word);
    const read = DIRECT[type.storage]?.(slot) ?? `lists[${lists.push(valueReader(type)) - 1}](view, bytes, length, ${slot})`;
    return `[${JSON.stringify(name)}]: (n${word} & ${1 << (index & 31)}) !== 0 ? null : ${read}`;
  });
  const nulls = [...words].map((word) => `const n${word} = view.getUint32(${NULLS_AT + 4 * word}, true);`).join(" ");
  const body = `"use strict"; return function readValues(view, bytes, length) { ${nulls} return {\n${parts.join(",\n")}\n}; };`;
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- guarded, see above
    return new Function("int64", "uint64", "text", "lists", body)(readInt64, readUint64, readText, lists) as ReadValues;
  } catch (error) {
    if (error instanceof EvalError) return loopOver(fields);
    throw error;
  }
}

function loopOver(fields: readonly ReadField[]): ReadValues {
  const readers = fields.map((field) => ({ ...field, read: valueReader(field.type) }));
  return (view, bytes, length) => {
    const values: Record<string, unknown> = {};
    for (const { name, index, slot, read } of readers) {
      const isNull = (view.getUint8(NULLS_AT + (index >> 3)) & (1 << (index & 7))) !== 0;
      const value = isNull ? null : read(view, bytes, length, slot);
      if (name === "__proto__") Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
      else values[name] = value;
    }
    return values;
  };
}
