// Models behind a server: a real service, and one whose answers a test holds back or counts.
import type { InjectOptions } from "fastify";
import { createPredictor, createServer, LatencyHistogram, OnlineError, type PredictorService, type PredictorServiceOptions, type ServedModel, type ServedPrediction, type Server, type ServerOptions } from "../../src/index.js";
import { linear } from "../support/predictor-models.js";
import { cards, fraud, places, TestStore, training } from "./view-support.js";

export const fitted = await fraud.fit(training());
export type Service = PredictorService;

const WEIGHTS = fitted.names.map((_, i) => [0.01 * (i + 1)]);
const BIAS = 0.5;

/** The model's formula over a vector, in float64. */
export const formula = (vector: ArrayLike<number>): number => Array.from(vector).reduce((sum, x, i) => sum + x * (WEIGHTS[i]?.[0] as number), BIAS);

export const request = (card = 7, amount = 42) => ({
  servingKeys: { card_id: card, place_id: "oslo" },
  requestParameters: { amount, at: 1_700_000_900_000 },
  passedFeatures: { distance: 3 },
});

function filled(): TestStore {
  const store = new TestStore();
  for (let card = 0; card < 20; card++) store.set(cards, { card_id: card }, { amount_mean: 10 + card, count: card, prev_at: 1_700_000_000_000, country: "NO", limit: 100 });
  store.set(places, { id: "oslo" }, { risk: 0.25, open: true });
  return store;
}

/** A service over the views' test view, with a linear model of its features. */
export async function make(options: Partial<PredictorServiceOptions> = {}): Promise<Service> {
  return (await createPredictor({ view: fitted as never, model: linear(WEIGHTS, [BIAS]), store: filled(), ...options })) as unknown as Service;
}

/** What JSON.parse gives, for tests to look into. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a test expects says what it is
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly json: Json;
}

export async function call(app: Server, options: InjectOptions): Promise<Answer> {
  const response = await app.inject(options);
  let json: unknown;
  try {
    json = JSON.parse(response.body);
  } catch {
    json = undefined;
  }
  return { status: response.statusCode, headers: response.headers, text: response.body, json: json as Json };
}

export const post = (app: Server, url: string, payload: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  call(app, { method: "POST", url, headers: { "content-type": "application/json", ...headers }, payload: typeof payload === "string" ? payload : JSON.stringify(payload) });
export const get = (app: Server, url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> => call(app, { method: "GET", url, headers: { ...headers } });

export async function serve(options: Partial<ServerOptions> = {}): Promise<Server> {
  return createServer({ models: options.models ?? (await make()), ...options });
}

/** A model that answers when the test lets it, with the view of a real one. */
export class HeldModel implements ServedModel {
  readonly name: string;
  readonly version: string;
  readonly view: ServedModel["view"];
  readonly backend = { name: "test" };
  readonly inputs: ServedModel["inputs"];
  readonly outputs: ServedModel["outputs"];
  readonly seen: unknown[] = [];
  isClosed = false;
  failure: Error | undefined;
  held: Promise<void> | undefined;
  prediction: ServedPrediction["prediction"];

  constructor(real: Service, version: string, prediction: ServedPrediction["prediction"]) {
    this.name = real.name;
    this.version = version;
    this.view = real.view as unknown as ServedModel["view"];
    this.inputs = real.inputs;
    this.outputs = real.outputs;
    this.prediction = prediction;
  }

  async predict(request: unknown, options?: { readonly requestId?: string }): Promise<ServedPrediction> {
    this.seen.push(request);
    await this.held;
    if (this.failure !== undefined) throw this.failure;
    return { requestId: options?.requestId ?? "", prediction: this.prediction, fallback: false };
  }

  async predictMany(requests: readonly unknown[], options?: { readonly requestIds?: readonly string[] }): Promise<ServedPrediction[]> {
    return Promise.all(requests.map((request, i) => this.predict(request, { requestId: options?.requestIds?.[i] ?? "" })));
  }

  getFeatureVector(): Promise<unknown> {
    return Promise.reject(new OnlineError("STORE_UNAVAILABLE", "no store"));
  }

  score(): never {
    throw new Error("no model");
  }

  stats(): ReturnType<ServedModel["stats"]> {
    const empty = LatencyHistogram.fromJSON({ count: 0, sum: 0, min: 0, max: 0, buckets: [] });
    return { requests: this.seen.length, predictions: this.seen.length, fallbacks: {}, errors: {}, steps: { total: empty }, stores: [], recentErrors: [] };
  }

  register(): void {
    // Nothing to show.
  }

  async ready(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}
