import { formatPath, SkewlessError } from "../errors.js";
import type { OutputValue, RowObject } from "../engine/row-engine.js";
import type { Plan } from "../plan/plan.js";

/** Where row mode and batch mode gave different answers. */
export interface ParityDifference {
  /** The output. */
  readonly column: string;
  /** What computes it: the function's name, or "input" or "constant". */
  readonly function: string;
  /** The batch computation that differs from row mode: "batch", "batch, avx2", "transform(rows), baseline". */
  readonly mode: string;
  /** From 0 in the data. */
  readonly row: number;
  /** The value, or the error where that mode failed. */
  readonly rowValue: OutputValue | SkewlessError;
  readonly batchValue: OutputValue | SkewlessError;
  /** Hexadecimal digits, "null" for a null, "" for an error. */
  readonly rowBits: string;
  readonly batchBits: string;
  /** The row's values of the inputs that the output depends on. */
  readonly inputs: RowObject;
}

/** The node that computes an output, in a word. */
export function behind(plan: Plan, output: number): string {
  const register = plan.outputs[output]?.register ?? 0;
  if (register < plan.inputs.length) return "input";
  const node = plan.nodes[register - plan.inputs.length];
  return node?.kind === "call" ? node.name : "constant";
}

/** Of a row, the inputs that an output is computed from. */
export function inputsOf(plan: Plan, output: number, row: RowObject): RowObject {
  const needed = new Set<number>([plan.outputs[output]?.register ?? 0]);
  for (let i = plan.nodes.length - 1; i >= 0; i--) {
    const node = plan.nodes[i];
    if (node?.kind === "call" && needed.has(plan.inputs.length + i)) for (const arg of node.args) needed.add(arg);
  }
  return Object.fromEntries(plan.inputs.flatMap(({ name }, i) => (needed.has(i) ? [[name, row[name]] as const] : [])));
}

/** Equal for errors that count as one: the modes name an input as a path or as a column. */
export function failureKey(error: SkewlessError): string {
  const where = error.function === undefined ? (error.column ?? error.path?.[0]) : error.path?.[0];
  return JSON.stringify([error.code, error.function ?? null, where ?? null]);
}

function spell(value: unknown): string {
  if (value instanceof SkewlessError) return `${value.code}: ${value.message}`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (Array.isArray(value)) {
    const shown = value.slice(0, 40).map(spell).join(", ");
    return value.length > 40 ? `[${shown}, … ${value.length} in all]` : `[${shown}]`;
  }
  return JSON.stringify(value) ?? "undefined";
}

/** A difference as text of several lines. */
export function formatDifference(difference: ParityDifference): string {
  const bits = (text: string): string => (text === "" || text === "null" ? "" : `  (bits ${text})`);
  return [
    `row ${difference.row}, column ${JSON.stringify(difference.column)}, computed by ${difference.function}: row mode and ${difference.mode} differ`,
    `  row mode:   ${spell(difference.rowValue)}${bits(difference.rowBits)}`,
    `  batch mode: ${spell(difference.batchValue)}${bits(difference.batchBits)}`,
    "  inputs:",
    ...Object.entries(difference.inputs).map(([name, value]) => `    ${formatPath([name])}: ${spell(value)}`),
  ].join("\n");
}
