import type { Action } from "./actions.js";

/** Where an input's value came from. */
export type InputSource =
  | "key"
  | "lookedUp"
  | "passed"
  | "request"
  | "computed"
  | "late"
  | "lastKnown"
  | "imputed: null"
  | "imputed: default"
  | "imputed: mean"
  | "imputed: median"
  | "imputed: mode";

export type MutableRow = Record<string, unknown>;

/** A request's row while it is filled. Everything that the request gave is in it: the request is not read again. */
export interface RowState {
  readonly row: MutableRow;
  /** Where each value came from, where that was asked for. */
  readonly sources: Record<string, InputSource> | undefined;
  /** How many inputs a policy filled, or were taken from the last known values. */
  fallbacks: number;
  /** Looked-up features whose values the request passed; undefined where it passed none. */
  overridden: Set<string> | undefined;
}

export function put({ row, sources }: RowState, name: string, value: unknown, source: InputSource): void {
  row[name] = value;
  if (sources !== undefined) sources[name] = source;
}

/** Fills in what a policy says. */
export function impute(state: RowState, name: string, action: Action): void {
  state.fallbacks++;
  put(state, name, action.value, `imputed: ${action.kind as "null"}`);
}

/** What every object inherits under a name (a method, for "toString"), which is no value of a row's or request's. */
export function inheritedOf(name: string): unknown {
  return ({} as Readonly<Record<string, unknown>>)[name];
}
