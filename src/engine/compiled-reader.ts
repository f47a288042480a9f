/** How a number field is checked and stored; every other value of a field goes to the general code. */
export interface ReaderField {
  readonly name: string;
  /** JavaScript condition on `v`, which is known to be a number; undefined sends the field to the general code at once. */
  readonly accepts: string | undefined;
  /** What is stored: an expression of `v` as float64, or "int64" for its 64 bits. */
  readonly store: string;
  /** Index of the field in units of 8 bytes from the row's start, and of its state byte. */
  readonly slot: number;
  readonly state: number;
}

/** Writes a row's fields from `base` (bytes) on; `slow` takes the fields that are not plain numbers. */
export type RowReader = (row: Readonly<Record<string, unknown>>, base: number, number: number | undefined) => void;
export type SlowField = (index: number, value: unknown, row: Readonly<Record<string, unknown>>, number: number | undefined) => void;

/** Beyond this the function is too long for the runtime's compiler, and a loop is no worse. */
const MOST_FIELDS = 256;

/**
 * A function that reads the fields by their literal names. A loop over names costs 16 bytes of garbage for every
 * fractional number, because a load whose name varies gives a boxed double (145 bytes a row of 20 fields against 0),
 * and a tenth of the time. Undefined where the program runs with code generation from strings forbidden, or with too
 * many fields: the caller then loops. Names enter as JSON strings, which are JavaScript literals, so none can inject.
 */
export function compileReader(
  fields: readonly ReaderField[],
  f64: Float64Array,
  u32: Uint32Array,
  states: Uint8Array,
  slow: SlowField,
): RowReader | undefined {
  if (fields.length > MOST_FIELDS) return undefined;
  const lines = fields.map(({ name, accepts, store, slot, state }, i) => {
    const load = `v = row[${JSON.stringify(name)}];`;
    const other = `slow(${i}, v, row, number);`;
    if (accepts === undefined) return `${load} ${other}`;
    const write =
      store === "int64"
        ? `low = v >>> 0; u32[b * 2 + ${slot * 2}] = low; u32[b * 2 + ${slot * 2 + 1}] = (v - low) / 4294967296;`
        : `f64[b + ${slot}] = ${store};`;
    return `${load} if (typeof v === "number" && ${accepts}) { ${write} states[base + ${state}] = 0; } else ${other}`;
  });
  const body = `"use strict"; return function readRow(row, base, number) { let v, low; const b = base / 8; ${lines.join("\n")} };`;
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- guarded, see above
    return new Function("f64", "u32", "states", "slow", body)(f64, u32, states, slow) as RowReader;
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}
