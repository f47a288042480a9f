import { OnnxError } from "../../errors.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import { DataType } from "../../onnx/schema.js";
import { NODE_MODES, type TreeEnsemble } from "../program.js";

/** Elements of the tables that category sets are looked up in: 64 MB of float32. */
const MOST_TABLE = 1 << 24;
/** LightGBM's kZeroThreshold, a float. */
const ZERO = Math.fround(1e-35);
const IN = NODE_MODES.indexOf("in");

/** The sets that one column is looked up in: [size + 1, sets] zeros and ones, the last row for what is in none. */
interface Table {
  readonly feature: number;
  readonly size: number;
  readonly sets: Uint32Array[];
}

/**
 * The columns that trees look at: the input's, copies rounded down, and columns made of them for the tests that ONNX's
 * trees do not have. All of one type, float32 or float64.
 */
export class OnnxColumns {
  /** [N, columns] */
  readonly matrix: string;
  /** By feature: its copy in which magnitudes up to 1e-35f are NaN. */
  readonly zeroMissing = new Map<number, number>();
  /** By index of the set: a column that is 1 where the feature, truncated, is in the set, else 0; NaN stays. */
  readonly members: readonly number[];

  readonly #graph: GraphBuilder;
  readonly #type: number;

  /** `input` is [N, width]. */
  constructor(graph: GraphBuilder, input: string, width: number, floored: readonly number[], ensemble: TreeEnsemble) {
    this.#graph = graph;
    this.#type = ensemble.compare === "f32" ? DataType.FLOAT : DataType.DOUBLE;
    const parts = [input];
    if (floored.length > 0) parts.push(graph.node("Floor", [this.#gather(input, floored)]));
    let next = width + floored.length;
    const zeros = [...new Set(ensemble.features.filter((_, i) => ensemble.zeroMissing?.[i] === 1))];
    if (zeros.length > 0) parts.push(this.#withoutZeros(input, zeros));
    for (const feature of zeros) this.zeroMissing.set(feature, next++);
    const { tables, places } = tablesOf(ensemble);
    const source = floored.length > 0 ? graph.node("Concat", [...parts], { axis: 1n }) : input;
    const starts = tables.map((table) => {
      parts.push(this.#lookup(source, table));
      const start = next;
      next += table.sets.length;
      return start;
    });
    this.members = places.map((place) => (place === undefined ? 0 : (starts[place.table] as number) + place.at));
    this.matrix = parts.length === 1 ? input : graph.node("Concat", [...parts], { axis: 1n });
  }

  #gather(input: string, columns: readonly number[]): string {
    const indices = this.#graph.constant({ type: DataType.INT64, dims: [columns.length], values: BigInt64Array.from(columns, BigInt) });
    return this.#graph.node("Gather", [input, indices], { axis: 1n });
  }

  #scalar(value: number): string {
    const values = this.#type === DataType.FLOAT ? Float32Array.of(value) : Float64Array.of(value);
    return this.#graph.constant({ type: this.#type, dims: [], values });
  }

  #withoutZeros(input: string, columns: readonly number[]): string {
    const values = this.#gather(input, columns);
    const zero = this.#graph.node("LessOrEqual", [this.#graph.node("Abs", [values]), this.#scalar(ZERO)]);
    return this.#graph.node("Where", [zero, this.#scalar(NaN), values]);
  }

  #lookup(source: string, { feature, size, sets }: Table): string {
    const graph = this.#graph;
    const column = graph.constant({ type: DataType.INT64, dims: [], values: BigInt64Array.of(BigInt(feature)) });
    const value = graph.node("Gather", [source, column], { axis: 1n });
    const within = graph.node("And", [graph.node("Greater", [value, this.#scalar(-1)]), graph.node("Less", [value, this.#scalar(size)])]);
    const row = graph.node("Cast", [graph.node("Where", [within, value, this.#scalar(size)])], { to: BigInt(DataType.INT64) });
    const values = this.#type === DataType.FLOAT ? new Float32Array((size + 1) * sets.length) : new Float64Array((size + 1) * sets.length);
    for (const [at, set] of sets.entries()) {
      for (let i = 0; i < set.length * 32; i++) if ((((set[i >> 5] as number) >> (i & 31)) & 1) === 1) values[i * sets.length + at] = 1;
    }
    const rows = graph.node("Gather", [graph.constant({ type: this.#type, dims: [size + 1, sets.length], values }), row], { axis: 0n });
    const missing = graph.node("Unsqueeze", [graph.node("IsNaN", [value]), graph.constant({ type: DataType.INT64, dims: [1], values: BigInt64Array.of(1n) })]);
    return graph.node("Where", [missing, this.#scalar(NaN), rows]);
  }
}

/** Equal sets over one feature share a column. `places` has the table and the place in it of each set of the ensemble. */
function tablesOf(ensemble: TreeEnsemble): { readonly tables: readonly Table[]; readonly places: readonly ({ table: number; at: number } | undefined)[] } {
  const places: ({ table: number; at: number } | undefined)[] = ensemble.sets.map(() => undefined);
  const known = new Map<string, { table: number; at: number }>();
  const numbers = new Map<number, number>();
  const tables: (Omit<Table, "size"> & { size: number })[] = [];
  for (let i = 0; i < ensemble.modes.length; i++) {
    if (ensemble.modes[i] !== IN) continue;
    const feature = ensemble.features[i] as number;
    const index = ensemble.thresholds[i] as number;
    const set = ensemble.sets[index] as Uint32Array;
    const key = `${feature} ${set.join()}`;
    let place = known.get(key);
    if (place === undefined) {
      const number = numbers.get(feature) ?? tables.push({ feature, size: 0, sets: [] }) - 1;
      numbers.set(feature, number);
      const table = tables[number] as (typeof tables)[number];
      table.size = Math.max(table.size, set.length * 32);
      place = { table: number, at: table.sets.push(set) - 1 };
      known.set(key, place);
    }
    places[index] = place;
  }
  const elements = tables.reduce((sum, { size, sets }) => sum + (size + 1) * sets.length, 0);
  if (elements > MOST_TABLE) {
    throw new OnnxError("UNSUPPORTED_ONNX", "the category sets are too large", { expected: `tables of at most ${MOST_TABLE} elements`, actual: String(elements) });
  }
  return { tables, places };
}
