import { SkewlessError } from "../../errors.js";
import type { Inputs, RowOf } from "../../features/inputs.js";
import { Predictor } from "../../scorer/predictor.js";
import type { Fallback } from "../../scorer/predictor/fallback.js";
import type { ConnectOptions, OnlineView } from "../view/online-view.js";
import type { ViewShape } from "../view/types.js";
import { checkBudget, type Budget } from "./budget.js";
import { checkServiceOptions, type PredictorServiceOptions } from "./options.js";
import { PredictorService } from "./predictor-service.js";
import { RequestLog } from "./request-log.js";
import { guarded } from "./stores.js";

/** The longest deadline of a Predictor, in milliseconds: as good as none. */
const LONGEST = 3.6e6;

/**
 * A service of a fitted view and a model: `predict(request)` looks up, transforms, scores, logs, and answers in time
 * whatever fails. Loads the model, measures it (some 100 ms) and checks that it takes the view's features; refuses a budget that is
 * shorter than what the model is known to take and has no fallback (DEADLINE_TOO_SHORT).
 */
export async function createPredictor<Shape extends ViewShape>(options: PredictorServiceOptions<Shape>): Promise<PredictorService<Shape>> {
  const given: unknown = options;
  checkServiceOptions(given);
  const budget = checkBudget(options.budget);
  const model = { name: options.name ?? options.view.name, version: options.version ?? "1" };
  const { policies, lastKnown, now, closeStores = false } = options;
  const connect = { ...guarded(given, budget), ...(policies === undefined ? {} : { policies }), ...(lastKnown === undefined ? {} : { lastKnown }), ...(now === undefined ? {} : { now }) };
  const online = options.view.connect(connect as ConnectOptions<Shape>);
  const predictor = await loadPredictor(given, budget);
  try {
    const log = RequestLog.open(given, online as unknown as OnlineView, predictor.internals.scorer, model);
    return new PredictorService<Shape>({ model, online, predictor, budget, log, closeStores });
  } catch (error) {
    predictor.close();
    throw error;
  }
}

async function loadPredictor({ view, model, fallback, output, checkNames, scorer }: PredictorServiceOptions, budget: Budget): Promise<Predictor> {
  const millis = Math.min(budget.compute, budget.total - budget.log, LONGEST);
  try {
    return await Predictor.load({
      features: view.features,
      model,
      deadlineMicros: millis * 1e3,
      // The chain is the same; only the service gives the reason "store".
      ...(fallback === undefined ? {} : { fallback: fallback as Fallback<RowOf<Inputs>> }),
      ...(output === undefined ? {} : { output }),
      ...(checkNames === undefined ? {} : { checkNames }),
      ...(scorer === undefined ? {} : { scorer }),
    });
  } catch (error) {
    if (error instanceof SkewlessError && error.code === "DEADLINE_TOO_SHORT") throw error.with({ path: ["budget", budget.compute < Infinity ? "scoreMillis" : "totalMillis"] });
    throw error;
  }
}
