import type { MetricObjectWithValues, MetricValueWithName, Registry } from "prom-client";
import { importPeer } from "../../peer.js";
import type { LatencyHistogram } from "../../scorer/predictor/histogram.js";
import { SERVICE_STEPS, type ServiceStats } from "./statistics.js";

/** What metrics are made of; read when they are asked for, so that requests pay nothing for them. */
export interface MetricsSource {
  readonly name: string;
  readonly version: string;
  stats(): ServiceStats;
}

/** Upper bounds in microseconds, from 5 µs to 10 s. */
const BOUNDS = [5, 50, 500, 5e3, 5e4, 5e5].flatMap((micros) => [micros, micros * 2, micros * 5]).concat([5e6, 1e7]);
/** In seconds; 250 µs is 0.00025 and not what the division makes of it. */
const SECONDS = BOUNDS.map((micros) => Number((micros / 1e6).toPrecision(3)));
const DURATION = "skewless_request_duration_seconds";
const BREAKER_STATES = { closed: 0, "half-open": 1, open: 2 } as const;

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

interface SimpleMetric {
  readonly kind: "Counter" | "Gauge";
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly samples: (stats: ServiceStats) => readonly Sample[];
}

const counts = (label: string, values: Readonly<Partial<Record<string, number>>>): Sample[] =>
  Object.entries(values).map(([value, count]) => [{ [label]: value }, count ?? 0]);

const METRICS: readonly SimpleMetric[] = [
  { kind: "Counter", name: "skewless_requests_total", help: "Requests for a prediction.", labels: [], samples: ({ requests }) => [[{}, requests]] },
  { kind: "Counter", name: "skewless_predictions_total", help: "Requests that the model answered.", labels: [], samples: ({ predictions }) => [[{}, predictions]] },
  { kind: "Counter", name: "skewless_fallbacks_total", help: "Requests that a fallback answered, by reason.", labels: ["reason"], samples: ({ fallbacks }) => counts("reason", fallbacks) },
  { kind: "Counter", name: "skewless_errors_total", help: "Requests that ended in an error, by its code.", labels: ["code"], samples: ({ errors }) => counts("code", errors) },
  { kind: "Counter", name: "skewless_log_written_total", help: "Records that the log has written.", labels: [], samples: ({ log }) => (log === undefined ? [] : [[{}, log.written]]) },
  { kind: "Counter", name: "skewless_log_dropped_total", help: "Records that the log has lost.", labels: [], samples: ({ log }) => (log === undefined ? [] : [[{}, log.dropped]]) },
  { kind: "Gauge", name: "skewless_log_queue_records", help: "Records that wait to be written.", labels: [], samples: ({ log }) => (log === undefined ? [] : [[{}, log.queued]]) },
  { kind: "Gauge", name: "skewless_requests_in_flight", help: "Requests that wait for a store or the log.", labels: [], samples: ({ inFlight }) => [[{}, inFlight]] },
  {
    kind: "Gauge",
    name: "skewless_store_breaker_state",
    help: "Circuit breaker of a store: 0 closed, 1 half-open, 2 open.",
    labels: ["store"],
    samples: ({ stores }) => stores.map(({ kind, state }, i) => [{ store: `${kind}-${i}` }, BREAKER_STATES[state]]),
  },
];

/** Services by the registry that shows them: one metric has the samples of all models. */
const shown = new WeakMap<Registry, Set<MetricsSource>>();

/** Adds a service's metrics to a registry of prom-client. */
export async function showMetrics(source: MetricsSource, registry?: Registry): Promise<Registry> {
  const prom = await importPeer("prom-client", "metrics", () => import("prom-client"));
  const target = registry ?? new prom.Registry();
  const known = shown.get(target);
  if (known !== undefined) {
    known.add(source);
    return target;
  }
  const sources = new Set([source]);
  shown.set(target, sources);
  for (const { kind, name, help, labels, samples } of METRICS) {
    const collect = function (this: { reset(): void; inc(labels: object, value: number): void }): void {
      this.reset();
      for (const service of sources) {
        for (const [own, value] of samples(service.stats())) this.inc({ model: service.name, version: service.version, ...own }, value);
      }
    };
    target.registerMetric(new prom[kind]({ name, help, labelNames: ["model", "version", ...labels], registers: [], collect }));
  }
  const histogram = new prom.Histogram({ name: DURATION, help: "Time that a request took, by step.", labelNames: ["model", "version", "step"], buckets: SECONDS, registers: [] });
  // The buckets come from the service's own histograms: nothing is observed while requests run.
  const get = (): Promise<Omit<MetricObjectWithValues<MetricValueWithName<string>>, "collect">> =>
    Promise.resolve({ name: DURATION, help: "Time that a request took, by step.", type: "histogram" as never, aggregator: "sum", values: [...sources].flatMap(durations) });
  Object.assign(histogram, { get, getForPromString: get });
  target.registerMetric(histogram);
  return target;
}

export function hideMetrics(source: MetricsSource, registry: Registry): void {
  shown.get(registry)?.delete(source);
}

function durations(source: MetricsSource): MetricValueWithName<string>[] {
  const { steps } = source.stats();
  return SERVICE_STEPS.flatMap((step) => {
    const histogram: LatencyHistogram = steps[step];
    const labels = { model: source.name, version: source.version, step };
    const cumulative = histogram.cumulative(BOUNDS);
    const value = (suffix: string, number: number, more: object = {}): MetricValueWithName<string> => ({ metricName: `${DURATION}_${suffix}`, labels: { ...labels, ...more }, value: number });
    return [
      ...SECONDS.map((le, i) => value("bucket", cumulative[i] ?? 0, { le })),
      value("bucket", histogram.count, { le: "+Inf" }),
      value("sum", histogram.sum / 1e6),
      value("count", histogram.count),
    ];
  });
}
