import type { Counters } from "./counters.js";
import { SCORING_ROUTES } from "./counters.js";
import type { ServerState } from "./server-state.js";

/** Upper bounds of the duration histogram, in seconds. */
const BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

type Labels = Readonly<Record<string, string | number>>;

class Text {
  readonly #lines: string[] = [];

  metric(name: string, type: "counter" | "gauge" | "histogram", help: string, samples: Iterable<readonly [Labels, number, suffix?: string]>): void {
    const lines: string[] = [];
    for (const [labels, value, suffix = ""] of samples) {
      // Values are names that need no escapes.
      const inside = Object.entries(labels).map(([label, of]) => `${label}="${of}"`).join(",");
      lines.push(`${name}${suffix}${inside === "" ? "" : `{${inside}}`} ${value}`);
    }
    if (lines.length > 0) this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines);
  }

  toString(): string {
    return `${this.#lines.join("\n")}\n`;
  }
}

/** The server's own numbers in Prometheus' text format 0.0.4. */
export function metricsText({ counters, gate, loopDelay, models, draining }: ServerState): string {
  const text = new Text();
  text.metric("skewless_http_answers_total", "counter", "Requests answered by a scoring route.", SCORING_ROUTES.map((route) => [{ route }, counters.answered[route]] as const));
  text.metric("skewless_http_failures_total", "counter", "Requests refused or failed, by status.", [...counters.failed].map(([status, count]) => [{ status }, count] as const));
  text.metric("skewless_http_duration_seconds", "histogram", "From the parsed request to its answer, its turn waited for.", durations(counters));
  text.metric("skewless_http_in_flight", "gauge", "Requests that are worked on.", [[{}, gate.active]]);
  text.metric("skewless_http_waiting", "gauge", "Requests that wait for their turn.", [[{}, gate.waiting]]);
  text.metric("skewless_event_loop_delay_seconds", "gauge", "How late timers fire.", [[{}, loopDelay.millis / 1e3]]);
  text.metric("skewless_draining", "gauge", "1 while the server shuts down.", [[{}, draining ? 1 : 0]]);
  const shadows = [...models.byName.values()].flatMap(({ name, shadow }) => (shadow === undefined ? [] : [{ model: name, version: shadow.deployment.version, counts: shadow.counts }]));
  text.metric(
    "skewless_shadow_requests_total",
    "counter",
    "Requests that a shadow scored or missed, by outcome.",
    shadows.flatMap(({ model, version, counts }) => (["equal", "different", "errors", "missed"] as const).map((outcome) => [{ model, version, outcome }, counts[outcome]] as const)),
  );
  return text.toString();
}

function* durations(counters: Counters): Generator<readonly [Labels, number, string]> {
  for (const route of SCORING_ROUTES) {
    const histogram = counters.duration(route);
    const counts = histogram.cumulative(BOUNDS.map((seconds) => seconds * 1e6));
    for (const [i, bound] of BOUNDS.entries()) yield [{ route, le: bound }, counts[i] as number, "_bucket"];
    yield [{ route, le: "+Inf" }, histogram.count, "_bucket"];
    yield [{ route }, histogram.sum / 1e6, "_sum"];
    yield [{ route }, histogram.count, "_count"];
  }
}
