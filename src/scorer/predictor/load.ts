import type { RowObject } from "../../engine/row-engine.js";
import { DefinitionError, received, SkewlessError } from "../../errors.js";
import { FittedFeatures } from "../../features/fitted-features.js";
import { featuresFromJson, loadFeatures } from "../../features/spec.js";
import type { Inputs } from "../../features/inputs.js";
import { chosenIsa } from "../../native.js";
import { compilePlan } from "../../plan/compile.js";
import { Scorer } from "../scorer.js";
import { BatchPath } from "./batch-path.js";
import { checkFingerprint, checkFloat32, checkNames, checkWidth, SPEC_KEY } from "./checks.js";
import { measureModel, measureTransform, refuseShortDeadline, type PredictorCost } from "./cost.js";
import { checkCapacity, compileFallback, type FallbackStep } from "./fallback.js";
import { chooseOutputs, classesOf, OutputReader } from "./model-outputs.js";
import { checkOptions, type PredictorOptions } from "./options.js";
import { compilePolicies, type Action, type InputRule } from "./policies.js";
import { RowRepair } from "./repair.js";
import { NativeRows, RowPath } from "./row-path.js";
import { statisticSource } from "./statistics.js";
import { StatsRecorder } from "./stats.js";
import { syntheticRows } from "./synthetic.js";
import { TableRepair } from "./table-repair.js";

/** Features and model put together, measured and warmed up. */
export interface Assembled {
  readonly scorer: Scorer;
  /** Whether the predictor loaded it itself. */
  readonly ownsScorer: boolean;
  readonly cost: PredictorCost;
  readonly compiled: boolean;
  /** What is kept back before a deadline: the fallback's own time, and a little for the end of a run. */
  readonly reserveMicros: number;
  /** 0: none. */
  readonly deadlineMicros: number;
  readonly fallback: FallbackStep | undefined;
  readonly rows: RowPath;
  readonly batches: BatchPath;
  readonly stats: StatsRecorder;
}

const WARM_ROWS = 64;
const WARM_CALLS = 2000;
const WARM_MILLISECONDS = 30;
/** From the end that a watchdog brings about to the fallback's start. */
const RUNTIME_RESERVE_MICROS = 20;

async function readFeatures(given: unknown, scorer: Scorer): Promise<FittedFeatures> {
  if (given instanceof FittedFeatures) return given as FittedFeatures;
  if (typeof given === "string") return loadFeatures(given);
  if (given !== undefined) {
    throw new DefinitionError("INVALID_PARAMETER", "features", {
      path: ["features"],
      expected: "fitted features or the path of a saved spec",
      actual: received(given),
      fix: "fit() the declaration first, or withoutFitting()",
    });
  }
  const text = scorer.metadata.get(SPEC_KEY);
  if (text === undefined) {
    throw new DefinitionError("INVALID_PARAMETER", "the features are not given and the model carries none", {
      path: ["features"],
      fix: "Give them, or store them in an ONNX model with fitted.attachTo(model)",
    });
  }
  try {
    return featuresFromJson(JSON.parse(text));
  } catch (error) {
    if (error instanceof SkewlessError) throw error.with({}, `the model's metadata: ${error.what}`);
    throw new DefinitionError("INVALID_SPEC", "the features in the model's metadata are not JSON", { path: [SPEC_KEY] }, { cause: error });
  }
}

export async function assemble<I extends Inputs>(options: PredictorOptions<I>): Promise<Assembled & { readonly features: FittedFeatures }> {
  checkOptions(options);
  const { model, scorer: scorerOptions = {} } = options;
  const ownsScorer = !(model instanceof Scorer);
  if (!ownsScorer && options.scorer !== undefined) {
    throw new DefinitionError("INVALID_PARAMETER", "the model is a Scorer, which was loaded already", { path: ["scorer"], fix: "Give these options to Scorer.load" });
  }
  const scorer = model instanceof Scorer ? model : await Scorer.load(model, scorerOptions);
  try {
    const features = await readFeatures(options.features, scorer);
    return { features, ...build(options as PredictorOptions, features, scorer), ownsScorer };
  } catch (error) {
    if (ownsScorer) scorer.close();
    throw error;
  }
}

function build(options: PredictorOptions, features: FittedFeatures, scorer: Scorer): Omit<Assembled, "ownsScorer"> {
  const { plan, names } = features;
  const backend = scorer.internals;
  checkFingerprint(features, scorer.metadata);
  checkFloat32(features);
  const rowModel = checkWidth(names, backend.rowModel() ?? backend.rowModel(names.length), backend.inputs);
  if (options.checkNames !== false) checkNames(names, scorer.featureNames);
  const chosen = chooseOutputs(backend, options.output);

  const native = compilePlan(plan, chosenIsa(options.isa));
  const rows = new NativeRows(plan, native, rowModel);
  const stats = new StatsRecorder(rows.native, plan.inputs.map(({ name }) => name));
  const fallback = options.fallback === undefined ? undefined : compileFallback(options.fallback, names.length);
  const source = statisticSource(features.steps, options.statistics);
  const rules = compilePolicies(plan, features.inputs, options.onBadInput, fallback !== undefined, source);
  const samples = syntheticRows(plan, features.steps, WARM_ROWS);
  for (const rule of rules) checkReplacements(rule, samples[0] as RowObject, rows.write);

  const repair = new RowRepair(rules, stats, checkCapacity(options.lastKnownCapacity, ["lastKnownCapacity"]));
  const reader = new OutputReader(backend, rowModel, chosen);
  const transform = measureTransform(samples, rows.write, rows.native);
  const score = measureModel(rowModel);
  // Without the policies: their rules are the caller's code.
  warmUp(new RowPath(rows, { repair: new RowRepair([], stats, 1), fallback: undefined, reader, stats }), samples);
  stats.reset();

  const cost: PredictorCost = { transform, score, total: transform.p99 + score.p99 };
  const compiled = backend.kind === "compiled";
  const reserveMicros = (fallback?.cost ?? 0) / 1e3 + (compiled ? 0 : RUNTIME_RESERVE_MICROS);
  const { deadlineMicros = 0 } = options;
  if (deadlineMicros > 0) refuseShortDeadline(deadlineMicros, cost, reserveMicros, compiled);
  // What ONNX Runtime takes is not known, only what it took: its runs are ended instead.
  rows.setTimes(compiled ? score.p99 * 1e3 : 0, reserveMicros * 1e3);
  rows.calibrate();
  const batches = new BatchPath({
    plan,
    compiled: native,
    backend,
    widths: rowModel.outputs.map((output) => output.width),
    chosen,
    classes: classesOf(backend, rowModel, chosen),
    repair: new TableRepair(rules, stats),
    stats,
  });
  return { scorer, cost, compiled, reserveMicros, deadlineMicros, fallback, rows: new RowPath(rows, { repair, fallback, reader, stats }), batches, stats };
}

/** Calls until the runtime has compiled the path, before anybody waits. */
function warmUp(path: RowPath, samples: readonly RowObject[]): void {
  const begin = performance.now();
  for (let i = 0; i < WARM_CALLS && performance.now() - begin < WARM_MILLISECONDS; i++) {
    const row = samples[i % samples.length] as RowObject;
    try {
      path.predict(row, { start: performance.now(), deadlineMicros: 0, key: undefined, explain: false });
    } catch (error) {
      // A category that fitting did not see; the model's own failures are for the caller's rows to meet.
      if (!(error instanceof SkewlessError)) throw error;
    }
  }
}

/** A value that a policy puts in place must itself be one that the input takes. */
function checkReplacements(rule: InputRule, sample: RowObject, write: (row: RowObject) => void): void {
  for (const reason of ["missing", "invalid"] as const) {
    for (let action: Action | undefined = rule[reason]; action !== undefined; action = action.policy === "lastKnown" ? action.otherwise : undefined) {
      if (action.policy !== "default" && action.policy !== "statistic") continue;
      try {
        write({ ...sample, [rule.name]: action.value });
      } catch (error) {
        if (!(error instanceof SkewlessError)) throw error;
        throw new DefinitionError("INVALID_PARAMETER", `the value of the policy ${JSON.stringify(action.policy)} does not fit the input: ${error.what}`, {
          path: ["onBadInput", rule.name, reason],
          ...(error.expected === undefined ? {} : { expected: error.expected }),
          actual: received(action.value),
        });
      }
    }
  }
}
