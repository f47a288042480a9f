import { DefinitionError, InputError, SkewlessError, received } from "../../errors.js";
import type { Engine } from "../../engine/engine.js";
import type { OutputValue } from "../../engine/row-engine.js";
import type { FeatureGroup } from "../group.js";
import type { KeyValues, Lookup, OnlineStore } from "../store/store.js";
import { actionsOf } from "./actions.js";
import { inputsOf, type GroupJoin, type ViewContract } from "./contract.js";
import type { FittedView } from "./fitted-view.js";
import { LastKnown } from "./last-known.js";
import { LookupMerger } from "./lookup-merger.js";
import { isPromise, LookupRouter, type Outcomes } from "./lookups.js";
import { onlyProperties } from "../names.js";
import { checkPolicies, type PoliciesOf } from "./policies.js";
import { parseRequest } from "./request.js";
import { RequestReader } from "./request-reader.js";
import type { InputSource, MutableRow, RowState } from "./row-state.js";
import type { AnyRequest, FeatureRequest, ViewShape } from "./types.js";
import type { UntransformedColumn } from "./untransformed.js";

type PolicyInputs<Shape extends ViewShape> = Shape["features"] & Shape["own"] & Shape["parameters"];

interface StoreOptions {
  /** The store of all groups that `stores` does not name. */
  readonly store?: OnlineStore;
  /** Stores by the group's name. */
  readonly stores?: Readonly<Record<string, OnlineStore>>;
}

export interface ConnectOptions<Shape extends ViewShape = ViewShape> extends StoreOptions {
  /** Replace the declaration's, situation by situation. A statistic must have been fitted. */
  readonly policies?: PoliciesOf<PolicyInputs<Shape>>;
  /** Of the last known values that the policy "lastKnown" keeps: rows, 10,000 by default. */
  readonly lastKnown?: { readonly maxRows?: number };
  /** The clock that lateness is judged by, in milliseconds since 1970; Date.now by default. */
  readonly now?: () => number;
}

export interface RetrieveOptions {
  /** Also gives where each input came from; false by default. */
  readonly sources?: boolean;
}

export interface VectorOptions extends RetrieveOptions {
  /** False gives the features before any fitted transformation, as an object; true by default. */
  readonly transformed?: boolean;
  /** With `transformed: false`, adds the helper columns; false by default. */
  readonly helpers?: boolean;
}

export type Sources = Readonly<Record<string, InputSource>>;
/** A value of an untransformed feature: numbers as float64, int64 and timestamps as bigints, lists as they came. */
export type UntransformedValue = OutputValue | ArrayLike<unknown>;
export type UntransformedFeatures = Readonly<Record<string, UntransformedValue>>;

export interface VectorWithSources {
  readonly vector: Float32Array;
  readonly sources: Sources;
}
export interface FeaturesWithSources {
  readonly features: UntransformedFeatures;
  readonly sources: Sources;
}

/** A request's inputs, looked up and merged: a row of the features' engine, and of a Predictor of the same features. */
export interface Retrieved {
  readonly row: Readonly<Record<string, unknown>>;
  /** Where each input came from, where that was asked for. */
  readonly sources: Sources | undefined;
  /** How many inputs a policy filled (with null, too) or took from the last known values. */
  readonly fallbacks: number;
}

/** A group's lookup with its features, and what merges the answers. */
interface Lookups {
  readonly group: FeatureGroup;
  readonly features: readonly string[];
  readonly merger: LookupMerger;
}

export type VectorResult = Float32Array | UntransformedFeatures | VectorWithSources | FeaturesWithSources;

/** A fitted view over its stores. Belongs to its thread; stores are closed by who opened them. */
export class OnlineView<Shape extends ViewShape = ViewShape> {
  readonly name: string;
  readonly version: number;
  readonly fitted: FittedView<Shape>;
  /** Names of the vector's features, in order. */
  readonly names: readonly string[];
  readonly untransformedNames: readonly string[];
  /** Names of a retrieved row's values: serving keys, looked-up features that are read, passed features, parameters. */
  readonly rowNames: readonly string[];
  readonly #contract: ViewContract;
  readonly #engine: Engine;
  readonly #untransformed: Engine | undefined;
  readonly #columns: readonly UntransformedColumn[];
  readonly #copies: readonly UntransformedColumn[];
  readonly #reader: RequestReader;
  readonly #router: LookupRouter;
  /** Of groups with features that are read. */
  readonly #lookups: readonly Lookups[];

  /** @internal */
  constructor(fitted: FittedView<Shape>, options: ConnectOptions<Shape>) {
    if (typeof options !== "object" || options === null) {
      throw new DefinitionError("INVALID_DEFINITION", "connect", { expected: "options with a store", actual: received(options) });
    }
    onlyProperties(["connect"], options, ["store", "stores", "policies", "lastKnown", "now"]);
    const { contract } = fitted;
    this.name = fitted.name;
    this.version = fitted.version;
    this.fitted = fitted;
    this.#contract = contract;
    this.#engine = fitted.compile();
    this.#untransformed = fitted.compileUntransformed();
    this.names = this.#engine.names;
    this.#columns = fitted.untransformed.columns;
    this.#copies = this.#columns.filter(({ input }) => input !== undefined);
    this.untransformedNames = Object.freeze(this.#columns.map(({ name }) => name));
    const inputs = [...this.#engine.plan.inputs, ...(this.#untransformed?.plan.inputs ?? [])].map(({ name }) => name);
    const wanted = new Set([...inputs, ...this.#copies.map(({ input }) => input as string), ...contract.helpers]);
    const lookedUp = (name: string): boolean => Object.hasOwn(contract.lookedUp, name);
    const governed = Object.fromEntries(Object.entries(inputsOf(contract)).filter(([name]) => !Object.hasOwn(contract.servingKeys, name)));
    const actions = actionsOf(contract, checkPolicies(governed, lookedUp, options.policies, "connect.policies"), fitted.statistics);
    const lastKnown = new LastKnown(checkRows(options.lastKnown?.maxRows));
    const mergers = contract.joins.map((join, i) => new LookupMerger(join, i, { wanted, actions, lastKnown, now: options.now ?? Date.now }));
    this.#reader = new RequestReader(contract, mergers.flatMap(({ names }) => names), actions);
    this.rowNames = Object.freeze(this.#reader.rowNames);
    const read = mergers.filter(({ names }) => names.length > 0);
    this.#lookups = read.map((merger) => ({ group: merger.join.group, features: merger.columns, merger }));
    this.#router = new LookupRouter(read.map(({ join }) => storeOf(join, options)));
    checkStoreNames(contract, options);
  }

  /** The stores that requests are looked up in. */
  get stores(): readonly OnlineStore[] {
    return this.#router.stores;
  }

  /** Resolves when every store answers; for readiness checks. */
  async ping(): Promise<void> {
    await Promise.all(this.stores.map((store) => store.ping()));
  }

  /**
   * Looks up, merges and checks a request's inputs, at once where all stores are of this process. The row is the
   * caller's own. Throws (or rejects with) INVALID_REQUEST, MISSING_FEATURE, LATE_FEATURE, INVALID_FEATURE or the
   * store's error, with the path of the value, where a policy says "error".
   */
  retrieve(request: FeatureRequest<Shape>, options: RetrieveOptions = {}): Retrieved | Promise<Retrieved> {
    const state = this.read(request, options.sources === true);
    const outcomes = this.lookUp(state);
    if (isPromise(outcomes)) return outcomes.then((rows) => this.merge(state, rows));
    return this.merge(state, outcomes);
  }

  /** @internal Gives all rows more names, null at first: writing to what is there costs less than adding it. */
  reserve(names: readonly string[]): void {
    this.#reader.reserve(names);
  }

  /** @internal A request's own values in a new row. */
  read(request: FeatureRequest<Shape>, withSources: boolean): RowState {
    return this.#reader.read(request as AnyRequest, withSources);
  }

  /** @internal Never throws or rejects: a store's failure is an outcome. */
  lookUp(state: RowState): Outcomes | Promise<Outcomes> {
    return this.#router.get(this.#lookupsOf(state.row));
  }

  /** @internal The same for many requests: places[k][i] is request i's key among lookup k's, -1 for a null key. */
  lookUpMany(states: readonly RowState[]): { readonly places: readonly Int32Array[]; readonly outcomes: Outcomes | Promise<Outcomes> } {
    const places: Int32Array[] = [];
    const lookups = this.#lookups.map(({ group, features, merger }): Lookup => {
      const keys: KeyValues[] = [];
      const place = new Int32Array(states.length).fill(-1);
      for (const [i, { row }] of states.entries()) {
        const own = merger.keysOf(row);
        if (own !== undefined) place[i] = keys.push(own) - 1;
      }
      places.push(place);
      return { group, keys, features };
    });
    return { places, outcomes: this.#router.get(lookups) };
  }

  /** @internal The outcomes of stores that did not answer. */
  failedLookups(error: SkewlessError): Outcomes {
    return this.#lookups.map(() => error);
  }

  /** @internal Request `request`'s row; `places` says where its keys are among each lookup's. */
  merge(state: RowState, outcomes: Outcomes, places?: readonly Int32Array[], request = 0): Retrieved {
    for (let k = 0; k < this.#lookups.length; k++) {
      const rows = outcomes[k] as Outcomes[number];
      const place = places === undefined ? 0 : ((places[k] as Int32Array)[request] as number);
      (this.#lookups[k] as Lookups).merger.merge(state, rows instanceof SkewlessError ? rows : rows[place]);
    }
    const { row, sources, fallbacks } = state;
    if (sources !== undefined) for (const name of this.fitted.onDemand) sources[name] = "computed";
    return { row, sources, fallbacks };
  }

  #lookupsOf(row: MutableRow): Lookup[] {
    const out = new Array<Lookup>(this.#lookups.length);
    for (let k = 0; k < out.length; k++) {
      const { group, features, merger } = this.#lookups[k] as Lookups;
      const keys = merger.keysOf(row);
      out[k] = { group, keys: keys === undefined ? [] : [keys], features };
    }
    return out;
  }

  /** The same for many requests with one round trip a store. An error's path begins with the request's number. */
  retrieveMany(requests: readonly FeatureRequest<Shape>[], options: RetrieveOptions = {}): Retrieved[] | Promise<Retrieved[]> {
    if (!Array.isArray(requests)) throw new InputError("WRONG_TYPE", "not a list of requests", { expected: "an array", actual: received(requests) });
    const states = requests.map((request, i) => at(i, () => this.read(request, options.sources === true)));
    const { places, outcomes } = this.lookUpMany(states);
    const finish = (rows: Outcomes): Retrieved[] => states.map((state, i) => at(i, () => this.merge(state, rows, places, i)));
    return isPromise(outcomes) ? outcomes.then(finish) : finish(outcomes);
  }

  /** The feature vector of a retrieved row. */
  vector(row: Retrieved["row"]): Float32Array {
    return this.#engine.row(row);
  }

  /** The same into memory of yours: `names.length` elements from `offset`. */
  vectorInto(row: Retrieved["row"], target: Float32Array, offset = 0): void {
    this.#engine.rowInto(row, target, offset);
  }

  /** The untransformed features of a retrieved row, by name and in order. */
  untransformed(row: Retrieved["row"], options: { readonly helpers?: boolean } = {}): UntransformedFeatures {
    const values = this.#untransformed?.values(row) as Record<string, UntransformedValue> | undefined;
    let out: Record<string, UntransformedValue>;
    if (values !== undefined && this.#copies.length === 0) out = values;
    else {
      out = Object.create(null) as Record<string, UntransformedValue>;
      for (const { name, input } of this.#columns) out[name] = (input === undefined ? values?.[name] : (row[input] ?? null)) as UntransformedValue;
    }
    if (options.helpers === true) for (const name of this.#contract.helpers) out[name] = (row[name] ?? null) as UntransformedValue;
    return out;
  }

  /**
   * A request's feature vector in the order of `names`, as the model takes it (a null feature is NaN); with
   * `transformed: false` the features before any fitted transformation by name. Errors as of `retrieve`.
   */
  getFeatureVector(request: FeatureRequest<Shape>, options?: { readonly transformed?: true; readonly sources?: false }): Promise<Float32Array>;
  getFeatureVector(request: FeatureRequest<Shape>, options: { readonly transformed?: true; readonly sources: true }): Promise<VectorWithSources>;
  getFeatureVector(request: FeatureRequest<Shape>, options: { readonly transformed: false; readonly helpers?: boolean; readonly sources?: false }): Promise<UntransformedFeatures>;
  getFeatureVector(request: FeatureRequest<Shape>, options: { readonly transformed: false; readonly helpers?: boolean; readonly sources: true }): Promise<FeaturesWithSources>;
  getFeatureVector(request: FeatureRequest<Shape>, options: VectorOptions): Promise<VectorResult>;
  getFeatureVector(request: FeatureRequest<Shape>, options: VectorOptions = {}): Promise<VectorResult> {
    // Not an async function: a store that answers at once costs this one promise.
    try {
      const retrieved = this.retrieve(request, options);
      return isPromise(retrieved) ? retrieved.then((own) => this.result(own, options)) : Promise.resolve(this.result(retrieved, options));
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** The same for many requests with one round trip a store. One error fails them all; its path begins with the request's number. */
  getFeatureVectors(requests: readonly FeatureRequest<Shape>[], options?: { readonly transformed?: true; readonly sources?: false }): Promise<Float32Array[]>;
  getFeatureVectors(requests: readonly FeatureRequest<Shape>[], options: { readonly transformed?: true; readonly sources: true }): Promise<VectorWithSources[]>;
  getFeatureVectors(requests: readonly FeatureRequest<Shape>[], options: { readonly transformed: false; readonly helpers?: boolean; readonly sources?: false }): Promise<UntransformedFeatures[]>;
  getFeatureVectors(requests: readonly FeatureRequest<Shape>[], options: { readonly transformed: false; readonly helpers?: boolean; readonly sources: true }): Promise<FeaturesWithSources[]>;
  getFeatureVectors(requests: readonly FeatureRequest<Shape>[], options: VectorOptions): Promise<VectorResult[]>;
  async getFeatureVectors(requests: readonly FeatureRequest<Shape>[], options: VectorOptions = {}): Promise<VectorResult[]> {
    const retrieved = await this.retrieveMany(requests, options);
    if (options.transformed === false || options.sources === true) return retrieved.map((own, i) => at(i, () => this.result(own, options)));
    return this.#engine.transform(retrieved.map(({ row }) => row));
  }

  /** A request's feature vector into memory of yours; returns a promise only where a store does. */
  getFeatureVectorInto(request: FeatureRequest<Shape>, target: Float32Array, offset = 0): void | Promise<void> {
    const retrieved = this.retrieve(request);
    if (isPromise(retrieved)) return retrieved.then(({ row }) => this.#engine.rowInto(row, target, offset));
    this.#engine.rowInto(retrieved.row, target, offset);
  }

  /** @internal What getFeatureVector gives of a retrieved row. */
  result({ row, sources }: Retrieved, { transformed, helpers = false }: VectorOptions): VectorResult {
    if (transformed === false) {
      const features = this.untransformed(row, { helpers });
      return sources === undefined ? features : { features, sources };
    }
    const vector = this.#engine.row(row);
    return sources === undefined ? vector : { vector, sources };
  }

  /** A request from a JSON body: INVALID_REQUEST with the path where it does not fit the schema. */
  parseRequest(json: unknown): FeatureRequest<Shape> {
    return parseRequest(this.#contract, json) as FeatureRequest<Shape>;
  }
}

/** Runs the work of one of several requests: an error's path begins with its number. */
function at<T>(request: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof SkewlessError ? error.with({ path: [request, ...(error.path ?? [])] }) : error;
  }
}

function checkRows(rows: unknown): number {
  if (rows === undefined) return 10_000;
  if (Number.isSafeInteger(rows) && (rows as number) >= 1) return rows as number;
  throw new DefinitionError("INVALID_PARAMETER", "connect", { path: ["lastKnown", "maxRows"], expected: "an integer from 1", actual: received(rows) });
}

function isStore(value: unknown): value is OnlineStore {
  return typeof value === "object" && value !== null && typeof (value as Partial<OnlineStore>).get === "function";
}

function storeOf({ group }: GroupJoin, { store, stores }: StoreOptions): OnlineStore {
  const own = stores !== undefined && Object.hasOwn(stores, group.name) ? stores[group.name] : store;
  if (isStore(own)) return own;
  throw new DefinitionError("INVALID_DEFINITION", `connect: the store of the group ${JSON.stringify(group.name)}`, {
    path: stores?.[group.name] === undefined ? ["store"] : ["stores", group.name],
    expected: "an online store",
    actual: received(own),
  });
}

function checkStoreNames({ joins }: ViewContract, { stores = {} }: StoreOptions): void {
  for (const name of Object.keys(stores)) {
    if (joins.some(({ group }) => group.name === name)) continue;
    throw new DefinitionError("INVALID_DEFINITION", "connect: the view has no such group", { path: ["stores", name], expected: joins.map(({ group }) => group.name).join(", ") });
  }
}
