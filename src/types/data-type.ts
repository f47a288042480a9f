/** The data types that expressions compute with. Narrower inputs are widened to these when they are read. */

export type TimeUnit = "s" | "ms" | "us" | "ns" | "d";

export type ScalarType =
  | { readonly kind: "float64" }
  | { readonly kind: "int64" }
  | { readonly kind: "bool" }
  | { readonly kind: "utf8" }
  /** Ticks since 1970-01-01T00:00:00 UTC. `zone` is only the default of functions that ask for one. */
  | { readonly kind: "timestamp"; readonly unit: TimeUnit; readonly zone?: string };

export type DataType = ScalarType | { readonly kind: "list"; readonly item: ScalarType };

/** The plan's spelling: `float64`, `timestamp[ms]`, `timestamp[ms, Europe/Paris]`, `list<utf8>`. */
export function formatType(type: DataType): string {
  switch (type.kind) {
    case "timestamp":
      return type.zone === undefined ? `timestamp[${type.unit}]` : `timestamp[${type.unit}, ${type.zone}]`;
    case "list":
      return `list<${formatType(type.item)}>`;
    default:
      return type.kind;
  }
}

const UNITS: readonly string[] = ["s", "ms", "us", "ns", "d"];

/** The inverse of {@link formatType}; undefined for anything else. */
export function parseType(text: string): DataType | undefined {
  const list = /^list<(.*)>$/.exec(text);
  if (list) {
    const item = parseType(list[1] ?? "");
    return item === undefined || item.kind === "list" ? undefined : { kind: "list", item };
  }
  const time = /^timestamp\[(\w+)(?:, ([^\]]+))?\]$/.exec(text);
  if (time) {
    const unit = time[1] ?? "";
    if (!UNITS.includes(unit)) return undefined;
    return time[2] === undefined
      ? { kind: "timestamp", unit: unit as TimeUnit }
      : { kind: "timestamp", unit: unit as TimeUnit, zone: time[2] };
  }
  switch (text) {
    case "float64":
    case "int64":
    case "bool":
    case "utf8":
      return { kind: text };
    default:
      return undefined;
  }
}

/** The catalogue's spelling, which knows no units or zones: `timestamp`, `list<timestamp>`. */
export type KernelType =
  | "float64"
  | "int64"
  | "bool"
  | "utf8"
  | "timestamp"
  | "list<float64>"
  | "list<int64>"
  | "list<utf8>"
  | "list<timestamp>";

export function kernelType(type: DataType): KernelType {
  return (type.kind === "list" ? `list<${type.item.kind}>` : type.kind) as KernelType;
}

/** Order of native TypeId (native/core/values.h). */
export const KERNEL_TYPES: readonly KernelType[] = [
  "float64",
  "int64",
  "bool",
  "utf8",
  "timestamp",
  "list<float64>",
  "list<int64>",
  "list<utf8>",
  "list<timestamp>",
];

/** Ticks a second; 0 stands for days. */
export function ticksPerSecond(unit: TimeUnit): number {
  switch (unit) {
    case "s":
      return 1;
    case "ms":
      return 1_000;
    case "us":
      return 1_000_000;
    case "ns":
      return 1_000_000_000;
    case "d":
      return 0;
  }
}

const FINENESS: Record<TimeUnit, number> = { d: 0, s: 1, ms: 2, us: 3, ns: 4 };

/** The unit that can hold both without loss of precision. */
export function finerUnit(a: TimeUnit, b: TimeUnit): TimeUnit {
  return FINENESS[a] >= FINENESS[b] ? a : b;
}

/** Types a feature may be stored in. float32 is what models take and the default. */
export type OutputType = "float32" | "float64" | "int64" | "int32" | "bool" | "utf8" | "timestamp";

/** Order of native OutputType (native/plan/program.h). */
export const OUTPUT_TYPES: readonly OutputType[] = ["float32", "float64", "int64", "int32", "bool", "utf8", "timestamp"];
