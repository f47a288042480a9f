// Plans as data: any overload with any parameters, past the typed builder.
import { CATALOGUE, type CatalogueOverload } from "../../../src/expr/catalogue.gen.js";
import type { LiteralValue, ParamValue } from "../../../src/expr/node.js";
import type { Plan, PlanCall, PlanInput, PlanNode, PlanOutput } from "../../../src/plan/plan.js";
import { zoneTable, type ZoneTable } from "../../../src/plan/zones.js";
import { parseType, ticksPerSecond, type DataType, type KernelType, type OutputType, type TimeUnit } from "../../../src/types/data-type.js";
import { t, type AnyInputType } from "../../../src/types/input-type.js";
import type { Params, Value } from "../oracle/index.js";

/** The unit of a type matters to the builder only: kernels take it as a parameter. */
export function dataTypeOf(type: KernelType): DataType {
  return parseType(type.replace("timestamp", "timestamp[ms]")) as DataType;
}

const INPUTS: Readonly<Record<KernelType, AnyInputType>> = {
  float64: t.float64().nullable(),
  int64: t.int64().nullable(),
  bool: t.bool().nullable(),
  utf8: t.utf8().nullable(),
  timestamp: t.timestamp("ms").nullable(),
  "list<float64>": t.list(t.float64()).nullable(),
  "list<int64>": t.list(t.int64()).nullable(),
  "list<utf8>": t.list(t.utf8()).nullable(),
  "list<timestamp>": t.list(t.timestamp("ms")).nullable(),
};

const REQUIRED: Readonly<Record<KernelType, AnyInputType>> = {
  float64: t.float64(),
  int64: t.int64(),
  bool: t.bool(),
  utf8: t.utf8(),
  timestamp: t.timestamp("ms"),
  "list<float64>": t.list(t.float64()),
  "list<int64>": t.list(t.int64()),
  "list<utf8>": t.list(t.utf8()),
  "list<timestamp>": t.list(t.timestamp("ms")),
};

export function inputOf(type: KernelType, nullable = true): AnyInputType {
  return (nullable ? INPUTS : REQUIRED)[type];
}

/** Parameters in the words of the oracle to those of a plan: units as ticks per second, defaults filled in. */
export function planParams(overload: CatalogueOverload, params: Params): Record<string, ParamValue> {
  const out: Record<string, ParamValue> = {};
  for (const { name, kind, default: fallback } of overload.params) {
    const given = params[name] ?? fallback;
    if (given === undefined) throw new TypeError(`no parameter ${name}`);
    if (kind === "int64") out[name] = BigInt(typeof given === "string" ? ticksPerSecond(given as TimeUnit) : (given as number | bigint));
    else if (kind === "list<int64>") out[name] = (given as (number | bigint)[]).map(BigInt);
    else out[name] = given as ParamValue;
  }
  return out;
}

/** Grows a plan register by register. */
export class PlanMaker {
  readonly inputs: PlanInput[] = [];
  readonly nodes: PlanNode[] = [];
  readonly outputs: PlanOutput[] = [];
  readonly zones: Record<string, ZoneTable> = {};
  readonly #types: KernelType[] = [];

  /** All inputs come before the first node. */
  input(name: string, type: KernelType, nullable = true): number {
    if (this.nodes.length > 0) throw new Error("an input after a node");
    this.inputs.push({ name, input: inputOf(type, nullable) });
    return this.#types.push(type) - 1;
  }

  constant(type: KernelType, value: Value): number {
    this.nodes.push({ kind: "constant", type: dataTypeOf(type), value: value as LiteralValue });
    return this.#types.push(type) - 1;
  }

  typeOf(register: number): KernelType {
    return this.#types[register] as KernelType;
  }

  /** A call whose parameters are in the oracle's words. */
  call(name: string, args: readonly number[], params: Params = {}): number {
    const types = args.map((arg) => this.typeOf(arg));
    const overload = CATALOGUE[name]?.find((o) => o.args.join() === types.join());
    if (overload === undefined) throw new TypeError(`no overload ${name}(${types.join(", ")})`);
    const given = planParams(overload, params);
    const zone = given["zone"];
    if (typeof zone === "string") this.zones[zone] = zoneTable(zone);
    const node: PlanCall = { kind: "call", name, version: overload.version, args, params: given, type: dataTypeOf(overload.result) };
    this.nodes.push(node);
    return this.#types.push(overload.result) - 1;
  }

  output(name: string, register: number, type: OutputType = this.typeOf(register) as OutputType): void {
    this.outputs.push({ name, register, type, dataType: dataTypeOf(this.typeOf(register)) });
  }

  plan(): Plan {
    return { inputs: this.inputs, nodes: this.nodes, outputs: this.outputs, zones: this.zones };
  }
}

/** Positions at which list results are looked at. */
const LOOKED_AT: readonly bigint[] = [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 12n, 17n, 33n, -1n, -2n, -3n];

/**
 * Outputs that show a register: itself, or, since a list cannot be an output, its size, its nulls and elements.
 * Returns what those outputs are for a value of the register.
 */
export function observe(maker: PlanMaker, name: string, register: number): (value: Value) => Value[] {
  const type = maker.typeOf(register);
  if (!type.startsWith("list<")) {
    maker.output(name, register);
    return (value) => [value];
  }
  maker.output(`${name}.isNull`, maker.call("isNull", [register]));
  maker.output(`${name}.size`, maker.call("size", [register]));
  maker.output(`${name}.nullCount`, maker.call("nullCount", [register]));
  for (const index of LOOKED_AT) {
    const element = maker.call("element", [register, maker.constant("int64", index)]);
    maker.output(`${name}[${index}]`, element);
    maker.output(`${name}[${index}].isNull`, maker.call("isNull", [element]));
  }
  return (value) => {
    if (value === null) return [true, null, null, ...LOOKED_AT.flatMap((): Value[] => [null, true])];
    const items = value as readonly Value[];
    return [
      false,
      BigInt(items.length),
      BigInt(items.filter((item) => item === null).length),
      ...LOOKED_AT.flatMap((index): Value[] => {
        const item = items.at(Number(index)) ?? null;
        return [item, item === null];
      }),
    ];
  };
}
