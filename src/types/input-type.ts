import { DefinitionError, received } from "../errors.js";
import type { DataType, ScalarType, TimeUnit } from "./data-type.js";
import { isZoneName } from "./zone-name.js";

/** How an input is stored in Arrow and which values a row may give. */
export type Storage =
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "float16"
  | "float32"
  | "float64"
  | "bool"
  | "utf8"
  | "timestamp"
  | "date32"
  | "date64"
  | "list"
  | "fixedSizeList";

declare const VALUE: unique symbol;

/** What an input is declared as. `Value` is what a row gives, `Kind` picks the expression class. */
export interface InputType<out Value, out Kind extends string, out Nullable extends boolean> {
  /** Never set; carries `Value` for inference. */
  readonly [VALUE]?: Value;
  readonly kind: Kind;
  readonly storage: Storage;
  /** The type that expressions see. */
  readonly type: DataType;
  readonly isNullable: Nullable;
  /** Storage of list elements. */
  readonly item?: AnyInputType;
  /** Length of a fixed-size list. */
  readonly size?: number;
  /** The same, with null (or a missing key) allowed. */
  nullable(): InputType<Value | null | undefined, Kind, true>;
}

export type AnyInputType = InputType<unknown, string, boolean>;

interface Shape {
  readonly storage: Storage;
  readonly type: DataType;
  readonly item?: AnyInputType;
  readonly size?: number;
}

function make<Value, Kind extends string>(kind: Kind, shape: Shape): InputType<Value, Kind, false> {
  const required: InputType<Value, Kind, false> = {
    kind,
    ...shape,
    isNullable: false,
    nullable: () => nullable,
  };
  const nullable: InputType<Value | null | undefined, Kind, true> = {
    kind,
    ...shape,
    isNullable: true,
    nullable: () => nullable,
  };
  Object.freeze(nullable);
  return Object.freeze(required);
}

const FLOAT64: ScalarType = { kind: "float64" };
const INT64: ScalarType = { kind: "int64" };

function float64Like(storage: Storage): () => InputType<number, "float64", false> {
  const type = make<number, "float64">("float64", { storage, type: FLOAT64 });
  return () => type;
}
function int64Like(storage: Storage): () => InputType<bigint | number, "int64", false> {
  const type = make<bigint | number, "int64">("int64", { storage, type: INT64 });
  return () => type;
}

/** Numbers of a list in a row: an array or any numeric typed array. */
export type NumberList =
  | readonly number[]
  | Float64Array
  | Float32Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array;

interface ListValues {
  readonly float64: NumberList | readonly (number | null)[];
  readonly int64: readonly (bigint | number | null)[] | BigInt64Array;
  readonly utf8: readonly (string | null)[];
  readonly timestamp: readonly (Date | bigint | number | null)[] | BigInt64Array;
}

export type ListItemKind = keyof ListValues;

const UNITS: readonly string[] = ["s", "ms", "us", "ns"];

function checkZone(zone: string | undefined): void {
  if (zone === undefined || isZoneName(zone)) return;
  throw new DefinitionError("INVALID_DEFINITION", "unknown time zone", {
    expected: 'an IANA name such as "Europe/Paris"',
    actual: received(zone),
  });
}

function listType<K extends ListItemKind>(
  item: InputType<unknown, K, boolean>,
  size?: number,
): InputType<ListValues[K], `list<${K}>`, false> {
  if (item.type.kind === "list" || item.storage === "bool") {
    throw new DefinitionError("INVALID_DEFINITION", "unsupported list elements", {
      expected: "numbers, text or timestamps",
      actual: item.storage,
    });
  }
  return make<ListValues[K], `list<${K}>`>(`list<${item.kind}>`, {
    storage: size === undefined ? "list" : "fixedSizeList",
    type: { kind: "list", item: item.type },
    item,
    ...(size === undefined ? {} : { size }),
  });
}

/** Types of inputs. Each may be followed by `.nullable()`. */
export const t = {
  /** Integers of 8 to 32 bits compute as float64; a row gives a number in range. */
  int8: float64Like("int8"),
  int16: float64Like("int16"),
  int32: float64Like("int32"),
  uint8: float64Like("uint8"),
  uint16: float64Like("uint16"),
  uint32: float64Like("uint32"),
  /** 64-bit integers compute as int64; a row gives a bigint or a safe integer. */
  int64: int64Like("int64"),
  /** As int64; values above 2^63 - 1 are an error. */
  uint64: int64Like("uint64"),
  /** A row's number is rounded to the nearest value of the type, as a stored column's was: else the two would differ. */
  float16: float64Like("float16"),
  float32: float64Like("float32"),
  float64: float64Like("float64"),
  bool: ((type) => () => type)(make<boolean, "bool">("bool", { storage: "bool", type: { kind: "bool" } })),
  /** Text: Arrow utf8, large_utf8 or dictionary of them. */
  utf8: ((type) => () => type)(make<string, "utf8">("utf8", { storage: "utf8", type: { kind: "utf8" } })),
  /** An instant; a row gives a Date, or ticks in `unit` as a bigint or safe integer. `zone` is the default of zone-aware functions. */
  timestamp(unit: Exclude<TimeUnit, "d"> = "ms", zone?: string): InputType<Date | bigint | number, "timestamp", false> {
    if (!UNITS.includes(unit)) {
      throw new DefinitionError("INVALID_DEFINITION", "unknown time unit", { expected: '"s", "ms", "us" or "ns"', actual: received(unit) });
    }
    checkZone(zone);
    return make("timestamp", {
      storage: "timestamp",
      type: zone === undefined ? { kind: "timestamp", unit } : { kind: "timestamp", unit, zone },
    });
  },
  /** A calendar day; a row gives a Date (its UTC day) or days since 1970-01-01. */
  date32: ((type) => () => type)(
    make<Date | bigint | number, "timestamp">("timestamp", { storage: "date32", type: { kind: "timestamp", unit: "d" } }),
  ),
  /** Milliseconds since 1970-01-01 UTC. */
  date64: ((type) => () => type)(
    make<Date | bigint | number, "timestamp">("timestamp", { storage: "date64", type: { kind: "timestamp", unit: "ms" } }),
  ),
  /** A list of numbers, text or timestamps; elements may be null. */
  list: <K extends ListItemKind>(item: InputType<unknown, K, boolean>): InputType<ListValues[K], `list<${K}>`, false> =>
    listType(item),
  /** A list of exactly `size` elements, such as an embedding. */
  fixedSizeList<K extends ListItemKind>(
    item: InputType<unknown, K, boolean>,
    size: number,
  ): InputType<ListValues[K], `list<${K}>`, false> {
    if (!Number.isSafeInteger(size) || size < 0 || size > 2 ** 24) {
      throw new DefinitionError("INVALID_DEFINITION", "list size", { expected: "an integer from 0 to 16,777,216", actual: received(size) });
    }
    return listType(item, size);
  },
} as const;

/** The plan's spelling of an input's storage: `float32`, `timestamp[ms, UTC]`, `list<float32>`, `list<float32>[16]`. */
export function formatInputType(input: AnyInputType): string {
  switch (input.storage) {
    case "timestamp": {
      const type = input.type as Extract<ScalarType, { kind: "timestamp" }>;
      return type.zone === undefined ? `timestamp[${type.unit}]` : `timestamp[${type.unit}, ${type.zone}]`;
    }
    case "list":
      return `list<${input.item ? formatInputType(input.item) : "?"}>`;
    case "fixedSizeList":
      return `list<${input.item ? formatInputType(input.item) : "?"}>[${input.size}]`;
    default:
      return input.storage;
  }
}

/** The inverse of {@link formatInputType}; undefined for text that names no type. */
export function parseInputType(text: string): AnyInputType | undefined {
  const list = /^list<(.*)>(?:\[(\d+)\])?$/.exec(text);
  if (list) {
    const item = parseInputType(list[1] ?? "");
    if (item === undefined) return undefined;
    try {
      const element = item as InputType<unknown, ListItemKind, boolean>;
      return list[2] === undefined ? t.list(element) : t.fixedSizeList(element, Number(list[2]));
    } catch {
      return undefined;
    }
  }
  const time = /^timestamp\[(s|ms|us|ns)(?:, ([^\]]+))?\]$/.exec(text);
  if (time) {
    try {
      return t.timestamp(time[1] as Exclude<TimeUnit, "d">, time[2]);
    } catch {
      return undefined;
    }
  }
  const simple = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64", "bool", "utf8", "date32", "date64"] as const;
  const name = simple.find((candidate) => candidate === text);
  return name === undefined ? undefined : t[name]();
}
