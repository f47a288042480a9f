import { createHash } from "node:crypto";
import { Engine, type EngineOptions } from "../engine/engine.js";
import { SpecError } from "../errors.js";
import { formatLiteral } from "../expr/node.js";
import { explainPlan, type ExplainFormat } from "../plan/explain.js";
import { canonicalJson } from "../plan/fingerprint.js";
import { planToJson, type Json } from "../plan/json.js";
import type { Plan } from "../plan/plan.js";
import { formatInputType } from "../types/input-type.js";
import { describeSteps, type DescribeRow } from "./describe.js";
import type { Inputs, RowOf } from "./inputs.js";
import type { AttachOptions } from "./onnx/attach.js";
import type { OnnxModel, OnnxSupport, ToOnnxOptions } from "./onnx/export/to-onnx.js";
import { stateToJson, type StateObject, type StateValue } from "./transform.js";

/** A fitted transformation as it is saved: which, where, with what options, and what it learned. */
export interface FittedStep {
  readonly transform: string;
  readonly version: number;
  /** What it was applied to, in the plan's spelling. */
  readonly column: string;
  /** The features that it serves. */
  readonly features: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly state: StateObject;
}

export const SPEC_FORMAT = "skewless.features";
export const SPEC_VERSION = 1;

export function stepsToJson(steps: readonly FittedStep[]): Json {
  return steps.map((step) => ({
    transform: step.transform,
    version: step.version,
    column: step.column,
    features: step.features,
    options: stateToJson(step.options as StateValue),
    state: stateToJson(step.state),
  }));
}

/** Which training rows were fitted on: the plan of one bool column. */
function filterToJson(filter: Plan | undefined): { readonly filter?: Json } {
  return filter === undefined ? {} : { filter: { text: filterText(filter), plan: planToJson(filter) } };
}

/** A filter's expression in the plan's spelling: `gt(distance, 0)`. */
function filterText({ inputs, nodes, outputs }: Plan): string {
  const texts: string[] = inputs.map(({ name }) => name);
  for (const node of nodes) {
    texts.push(node.kind === "constant" ? formatLiteral(node.value) : `${node.name}(${node.args.map((arg) => texts[arg] as string).join(", ")})`);
  }
  return texts[outputs[0]?.register ?? 0] ?? "";
}

/** SHA-256 of plan (with every function's semantics version), fitted steps, row filter and zone tables. */
export function specFingerprint(plan: Plan, steps: readonly FittedStep[], filter?: Plan): string {
  const text = canonicalJson({ plan: planToJson(plan), steps: stepsToJson(steps), ...filterToJson(filter) });
  return createHash("sha256").update(text).digest("hex");
}

/** What is said of a spec without its inputs' types: any spec is one. */
export type FittedSpec = Pick<FittedFeatures, "plan" | "fingerprint" | "toJSON">;

/** A declaration with everything that fitting learned: what is saved, compiled and compared. */
export class FittedFeatures<I extends Inputs = Inputs> {
  readonly inputs: I;
  readonly plan: Plan;
  readonly steps: readonly FittedStep[];
  /** Rows of training that `fit(data, { where })` kept: a plan of one bool column; undefined where all were. */
  readonly filter: Plan | undefined;
  /** Of plan and state; two specs of one fingerprint give the same bits. */
  readonly fingerprint: string;

  /** @internal */
  constructor(inputs: I, plan: Plan, steps: readonly FittedStep[], filter?: Plan) {
    this.inputs = inputs;
    this.plan = plan;
    this.steps = steps;
    this.filter = filter;
    this.fingerprint = specFingerprint(plan, steps, filter);
  }

  /** Names of the output columns, in the vector's order. */
  get names(): readonly string[] {
    return this.plan.outputs.map((output) => output.name);
  }

  /** The native plan. Cheap, but not free: do it once at start-up. */
  compile(options: EngineOptions = {}): Engine<RowOf<I>> {
    return new Engine(this.plan, options, this.fingerprint);
  }

  /** The filter that fitting used, in the plan's spelling: `gt(distance, 0)`. */
  get where(): string | undefined {
    return this.filter === undefined ? undefined : filterText(this.filter);
  }

  /**
   * The filter that fitting used, to be asked again of other rows: an engine with the one bool column `where`.
   * `engine.values(row).where === true` tells of a row, `engine.batch(table)` of many. NOT_FITTED without a filter.
   */
  whereEngine(options: EngineOptions = {}): Engine<RowOf<I>> {
    if (this.filter === undefined) {
      throw new SpecError("NOT_FITTED", "these features were fitted without a row filter", { fix: "Give one: fit(data, { where })" });
    }
    return new Engine(this.filter, options);
  }

  explain(format: ExplainFormat = "text"): string {
    return explainPlan(this.plan, format);
  }

  /** What was learned, a row a statistic. */
  describe(): readonly DescribeRow[] {
    return describeSteps(this.steps);
  }

  toJSON(): Json {
    return {
      format: SPEC_FORMAT,
      version: SPEC_VERSION,
      fingerprint: this.fingerprint,
      inputs: Object.entries(this.inputs).map(([name, input]) => ({ name, type: formatInputType(input), nullable: input.isNullable })),
      steps: stepsToJson(this.steps),
      plan: planToJson(this.plan),
      ...filterToJson(this.filter),
    };
  }

  /** Writes the spec as readable JSON; the file appears whole or not at all. */
  async save(path: string): Promise<void> {
    const { writeSpec } = await import("./spec.js");
    await writeSpec(this.toJSON(), path);
  }

  /**
   * The features as an ONNX graph that any runtime executes: each input a tensor [N, 1] of its name, the output
   * the float32 matrix [N, width]. UNSUPPORTED_ONNX lists every function that ONNX cannot express.
   */
  async toOnnx(options: ToOnnxOptions = {}): Promise<OnnxModel> {
    const { toOnnx } = await import("./onnx/export/to-onnx.js");
    return toOnnx(this, options);
  }

  /** What `toOnnx` could not express, and where its graph differs from the engine by design. */
  async onnxSupport(options: ToOnnxOptions = {}): Promise<OnnxSupport> {
    const { onnxSupport } = await import("./onnx/export/to-onnx.js");
    return onnxSupport(this, options);
  }

  /**
   * Stores the spec and its fingerprint in the metadata of an ONNX model: the file at a path is replaced (or
   * `output` written), whole or not at all. Returns the new model's bytes.
   */
  async attachTo(model: string | Uint8Array, options: AttachOptions = {}): Promise<Uint8Array> {
    const { attachTo } = await import("./onnx/attach.js");
    return attachTo(this, model, options);
  }
}
