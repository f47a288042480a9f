import { createHash } from "node:crypto";
import { Table, type RecordBatch, type Vector } from "apache-arrow";
import { Engine, type EngineOptions } from "../../engine/engine.js";
import { DefinitionError, InputError } from "../../errors.js";
import type { DescribeRow } from "../../features/describe.js";
import type { FitData } from "../../features/fit.js";
import type { FittedFeatures } from "../../features/fitted-features.js";
import type { ExplainFormat } from "../../plan/explain.js";
import { canonicalJson } from "../../plan/fingerprint.js";
import type { Json } from "../../plan/json.js";
import { inputsOf, type ViewContract } from "./contract.js";
import { contractToJson, statisticsToJson, untransformedToJson } from "./view-json.js";
import { materialize, type MaterializeOptions, type MaterializeResult } from "./materialize.js";
import { OnlineView, type ConnectOptions } from "./online-view.js";
import { parseRequest } from "./request.js";
import { openApi, viewSchema, type OpenApiOptions, type ViewSchema } from "./schema.js";
import type { Statistics } from "./statistics.js";
import type { FeatureRequest, InputsOf, ViewShape } from "./types.js";
import type { Untransformed } from "./untransformed.js";

export const VIEW_FORMAT = "skewless.view";
export const VIEW_VERSION = 1;

export interface TransformOptions {
  /** False gives the features before any fitted transformation; true by default. */
  readonly transformed?: boolean;
  /** Adds the columns of the view's labels; false by default. */
  readonly labels?: boolean;
  /** With `transformed: false`, adds the helper columns; false by default. */
  readonly helpers?: boolean;
  /** Native threads; 1 by default. */
  readonly threads?: number;
}

/** A view with everything that fitting learned: what is saved, connected to stores and compared. */
export class FittedView<Shape extends ViewShape = ViewShape> {
  readonly name: string;
  readonly version: number;
  /** The vector's features, for a Predictor or a spec of their own. */
  readonly features: FittedFeatures;
  /** Of contract, features and statistics: two views of one fingerprint give the same bits for the same looked-up values. */
  readonly fingerprint: string;
  /** @internal */
  readonly contract: ViewContract;
  /** @internal */
  readonly untransformed: Untransformed;
  /** @internal */
  readonly onDemand: readonly string[];
  /** @internal */
  readonly statistics: Statistics;
  /** @internal */
  readonly digest: string;
  #engine: Engine | undefined;
  #untransformedEngine: Engine | undefined;

  /** @internal */
  constructor(contract: ViewContract, features: FittedFeatures, untransformed: Untransformed, onDemand: readonly string[], statistics: Statistics, digest: string) {
    this.name = contract.name;
    this.version = contract.version;
    this.contract = contract;
    this.features = features;
    this.untransformed = untransformed;
    this.onDemand = onDemand;
    this.statistics = statistics;
    this.digest = digest;
    for (const { name } of features.plan.inputs) {
      if (!Object.hasOwn(contract.labelTypes, name)) continue;
      throw new DefinitionError("INVALID_DEFINITION", `the features read the label ${JSON.stringify(name)}, which no request has`, { path: ["labels", name], fix: "Use it as a target of fitted transformations only" });
    }
    this.fingerprint = createHash("sha256").update(canonicalJson(this.#body())).digest("hex");
  }

  /** Names of the vector's features, in order. */
  get names(): readonly string[] {
    return this.features.names;
  }

  /** Names of the untransformed features, in order; helpers, where they are asked for, follow. */
  get untransformedNames(): readonly string[] {
    return this.untransformed.columns.map(({ name }) => name);
  }

  /** Every input of requests and lookups by name, with its type. */
  get inputs(): InputsOf<Shape> {
    return inputsOf(this.contract) as InputsOf<Shape>;
  }

  /** The on-line view over stores. Cheap, but not free: do it once at start-up. */
  connect(options: ConnectOptions<Shape>): OnlineView<Shape> {
    return new OnlineView<Shape>(this, options);
  }

  /** The engine of the vector's features; made anew with options. */
  compile(options?: EngineOptions): Engine {
    if (options !== undefined) return this.features.compile(options) as unknown as Engine;
    return (this.#engine ??= this.features.compile() as unknown as Engine);
  }

  /** @internal Undefined where every untransformed feature is an input as it came. */
  compileUntransformed(): Engine | undefined {
    const { plan } = this.untransformed;
    return plan === undefined ? undefined : (this.#untransformedEngine ??= new Engine(plan));
  }

  /**
   * Batch mode over a table with the inputs' columns: training data, or rows for batch inference. The same bits as
   * `getFeatureVector` gives for the same inputs; a null feature stays null.
   */
  async transform(data: Table | RecordBatch, options: TransformOptions = {}): Promise<Table> {
    const { transformed = true, labels = false, helpers = false, threads = 1 } = options;
    const table = data instanceof Table ? data : new Table([data]);
    const engine = transformed ? this.compile() : this.compileUntransformed();
    const computed = engine === undefined ? undefined : await engine.batchAsync(table, { threads });
    const columns: Record<string, Vector> = Object.create(null) as Record<string, Vector>;
    const copy = (name: string, from: string): void => {
      const vector = table.getChild(from);
      if (vector === null) throw new InputError("MISSING_INPUT", "the table lacks the column", { column: from });
      columns[name] = vector;
    };
    if (transformed) for (const name of this.names) columns[name] = computed?.getChild(name) as Vector;
    else {
      for (const { name, input } of this.untransformed.columns) {
        if (input === undefined) columns[name] = computed?.getChild(name) as Vector;
        else copy(name, input);
      }
      if (helpers) for (const name of this.contract.helpers) copy(name, name);
    }
    if (labels) for (const name of this.contract.labels) copy(name, name);
    return new Table(columns);
  }

  /** Loads rows of one of the view's groups into a store. */
  materialize(data: FitData, options: MaterializeOptions): Promise<MaterializeResult> {
    return materialize(this.contract, data, options);
  }

  schema(): ViewSchema {
    return viewSchema(this.contract, this);
  }

  openapi(options: OpenApiOptions = {}): Readonly<Record<string, unknown>> {
    return openApi(this.contract, options, this);
  }

  /** A request from a JSON body: INVALID_REQUEST with the path where it does not fit the schema. */
  parseRequest(json: unknown): FeatureRequest<Shape> {
    return parseRequest(this.contract, json) as FeatureRequest<Shape>;
  }

  /** What was learned, a row a statistic. */
  describe(): readonly DescribeRow[] {
    const own = Object.entries(this.statistics).flatMap(([name, values]) =>
      Object.entries(values).map(([statistic, value]): DescribeRow => ({ feature: name, column: name, transform: "policy", statistic, value: value as DescribeRow["value"] })),
    );
    return [...this.features.describe(), ...own];
  }

  explain(format: ExplainFormat = "text"): string {
    return this.features.explain(format);
  }

  #body(): Record<string, Json> {
    return {
      digest: this.digest,
      contract: contractToJson(this.contract),
      onDemand: this.onDemand,
      statistics: statisticsToJson(this.statistics),
      untransformed: untransformedToJson(this.untransformed),
      features: this.features.toJSON(),
    };
  }

  toJSON(): Json {
    return { format: VIEW_FORMAT, version: VIEW_VERSION, fingerprint: this.fingerprint, ...this.#body() };
  }

  /** Writes the view as readable JSON; the file appears whole or not at all. Rules that are functions (`valid.test`) are not in it. */
  async save(path: string): Promise<void> {
    const { writeSpec } = await import("../../features/spec.js");
    await writeSpec(this.toJSON(), path);
  }
}
