// A service over the views' test view, with a linear model of its features.
import { createPredictor, type FittedView, type OnlineStore, type PredictorService, type PredictorServiceOptions } from "../../src/index.js";
import { linear } from "../support/predictor-models.js";
import { cards, fraud, places, TestStore, training } from "./view-support.js";

export const fitted = await fraud.fit(training());
export type FraudShape = typeof fitted extends FittedView<infer Shape> ? Shape : never;

export const WEIGHTS = fitted.names.map((_, i) => [0.01 * (i + 1)]);
export const BIAS = 0.5;
export const model = linear(WEIGHTS, [BIAS]);

/** The model's formula over a vector, in float64. */
export const formula = (vector: ArrayLike<number>): number => Array.from(vector).reduce((sum, x, i) => sum + x * (WEIGHTS[i] as number[])[0]!, BIAS);

export const request = (card = 7, amount = 42) => ({
  servingKeys: { card_id: card, place_id: "oslo" },
  requestParameters: { amount, at: 1_700_000_900_000 },
  passedFeatures: { distance: 3 },
});

export function fill<Store extends OnlineStore & Pick<TestStore, "set">>(store: Store): Store {
  for (let card = 0; card < 20; card++) {
    store.set(cards, { card_id: card }, { amount_mean: 10 + card, count: card, prev_at: 1_700_000_000_000, country: "NO", limit: 100 });
  }
  store.set(places, { id: "oslo" }, { risk: 0.25, open: true });
  return store;
}

export function make(options: Partial<PredictorServiceOptions<FraudShape>> = {}): Promise<PredictorService<FraudShape>> {
  return createPredictor<FraudShape>({ view: fitted, model, store: fill(new TestStore()), ...options });
}
