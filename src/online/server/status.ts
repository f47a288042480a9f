import type { LatencyHistogram } from "../../scorer/predictor/histogram.js";
import { SCORING_ROUTES, type RecentError } from "./counters.js";
import type { Deployment, Model } from "./deployments.js";
import type { ServedError } from "./served-model.js";
import type { ServerState } from "./server-state.js";

/** Buckets a histogram is drawn with: three for each power of ten, from 1 µs to 10 s. */
const BOUNDS = Array.from({ length: 22 }, (_, i) => 10 ** Math.floor(i / 3) * ([1, 2, 5][i % 3] as number));

export interface StepStatus {
  readonly count: number;
  /** Microseconds; null where nothing was measured. */
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
  /** Counts up to 1, 2, 5, 10 … µs, each without those below, and those above the last. */
  readonly buckets: readonly number[];
}

function stepStatus(histogram: LatencyHistogram): StepStatus {
  const upTo = [...histogram.cumulative(BOUNDS), histogram.count];
  const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return {
    count: histogram.count,
    p50: orNull(histogram.p50),
    p90: orNull(histogram.p90),
    p99: orNull(histogram.p99),
    p999: orNull(histogram.p999),
    max: orNull(histogram.max),
    buckets: upTo.map((count, i) => count - (i === 0 ? 0 : (upTo[i - 1] as number))),
  };
}

/** An error with what is of it in JSON. */
function plain(value: unknown): unknown {
  return value instanceof Error ? value.message : value;
}

function deploymentStatus({ service, version }: Deployment, model: Model): object {
  const { steps, stores, log, requests, predictions, fallbacks, errors } = service.stats();
  const shadow = model.shadow?.deployment.version === version ? model.shadow.counts : undefined;
  return {
    version,
    view: { name: service.view.name, version: service.view.version },
    backend: service.backend.name,
    traffic: model.traffic?.[version],
    isDefault: model.default.version === version,
    shadow,
    requests,
    predictions,
    fallbacks,
    errors,
    steps: Object.fromEntries(Object.entries(steps).map(([step, histogram]) => [step, stepStatus(histogram)])),
    stores,
    log: log === undefined ? undefined : Object.fromEntries(Object.entries(log).map(([name, value]) => [name, plain(value)])),
  };
}

/** The latest errors of the server and, where it does not know them by the same request, of the services. */
function recentErrors({ counters, models }: ServerState): (RecentError | ServedError)[] {
  const own = counters.recentErrors;
  const known = new Set(own.map(({ requestId }) => requestId));
  const others = models.deployments.flatMap(({ model, version, service }) =>
    service.stats().recentErrors.filter(({ requestId }) => requestId === undefined || !known.has(requestId)).map((error) => ({ ...error, model: `${model} ${version}` })),
  );
  return [...own, ...others].sort((a, b) => b.time - a.time).slice(0, 50);
}

/** Everything that the status page shows. */
export function serverStatus(state: ServerState): object {
  const { models, gate, counters, loopDelay, options } = state;
  const memory = process.memoryUsage();
  return {
    version: state.version,
    draining: state.draining,
    uptimeSeconds: (Date.now() - counters.startedAt) / 1e3,
    memory: { rss: memory.rss, heapUsed: memory.heapUsed },
    loopDelayMillis: loopDelay.millis,
    gate: { active: gate.active, concurrency: options.concurrency, waiting: gate.waiting, queue: options.queue },
    routes: Object.fromEntries(SCORING_ROUTES.map((route) => [route, { answered: counters.answered[route], ...stepStatus(counters.duration(route)) }])),
    failures: Object.fromEntries(counters.failed),
    bounds: BOUNDS,
    models: [...models.byName.values()].map((model) => ({
      name: model.name,
      isDefault: models.default === model,
      versions: [...model.versions.values()].map((deployment) => deploymentStatus(deployment, model)),
    })),
    recentErrors: recentErrors(state),
  };
}
