import { ELEMENT, makePage, type Page } from "./page.js";

const STYLE = `
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 12px; }
.tile { border: 1px solid var(--line); border-radius: 8px; padding: 8px 12px; } .tile b { display: block; font-size: 20px; font-weight: 650; font-variant-numeric: tabular-nums; }
.head { display: flex; flex-wrap: wrap; gap: 6px 14px; align-items: center; margin-bottom: 12px; } .head h2 { margin: 0; }
svg { display: block; width: 100%; min-width: 150px; height: 34px; } rect { fill: var(--bar); } rect.base { fill: var(--line); }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 0 28px; } .wide { overflow-x: auto; }
`;

const BODY = `<header><h1>skewless</h1><span id="state" class="soft">loading</span><span id="age" class="soft"></span><nav><a href="docs">API</a><a href="openapi.json">OpenAPI</a><a href="metrics">metrics</a></nav></header>
<main id="main"></main>`;

const SCRIPT = `${ELEMENT}
const number = (value) => value === null || value === undefined || Number.isNaN(value) ? "–" : Number(value).toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 });
const time = (micros) => micros === null ? "–" : micros < 1000 ? number(micros) + " µs" : micros < 1e6 ? number(micros / 1000) + " ms" : number(micros / 1e6) + " s";
const share = (part, whole) => whole === 0 ? "" : " (" + number(100 * part / whole) + " %)";
const tile = (label, value, kind) => make("div", { class: "tile" }, make("b", { class: kind }, value), make("span", { class: "soft" }, label));
const table = (heads, rows) => make("div", { class: "wide" }, make("table", {},
  make("thead", {}, make("tr", {}, heads.map(([text, num]) => make("th", { class: num }, text)))),
  make("tbody", {}, rows.map((cells) => make("tr", {}, cells.map((cell, i) => make("td", { class: heads[i][1] }, cell)))))));

function bars(step, bounds) {
  const most = Math.max(1, ...step.buckets);
  const width = 100 / step.buckets.length;
  const svg = make("svg", { viewBox: "0 0 100 34", preserveAspectRatio: "none", role: "img" });
  step.buckets.forEach((count, i) => {
    const height = count === 0 ? 1 : 3 + 31 * count / most;
    const range = i < bounds.length ? (i === 0 ? "up to " + time(bounds[0]) : time(bounds[i - 1]) + " to " + time(bounds[i])) : "over " + time(bounds[i - 1]);
    svg.append(make("rect", { class: count === 0 ? "base" : undefined, x: i * width + 0.3, y: 34 - height, width: width - 0.6, height }, make("title", {}, range + ": " + number(count))));
  });
  return svg;
}

function steps(values, bounds, what = "step") {
  return table([[what], ["calls", "num"], ["p50", "num"], ["p90", "num"], ["p99", "num"], ["p99.9", "num"], ["max", "num"], ["1 µs to 10 s"]],
    Object.entries(values).map(([name, step]) => [name, number(step.count), time(step.p50), time(step.p90), time(step.p99), time(step.p999), time(step.max), bars(step, bounds)]));
}

const counts = (title, values, kind, what = "reason") => {
  const rows = Object.entries(values).filter(([, count]) => count > 0);
  return make("div", {}, make("h3", {}, title), rows.length === 0 ? make("span", { class: "soft" }, "none") : table([[what], ["count", "num"]], rows.map(([name, count]) => [make("span", { class: kind }, name), number(count)])));
};
const facts = (values) => Object.entries(values).filter(([, value]) => value !== null && typeof value !== "object").map(([name, value]) => name + " " + (typeof value === "number" ? number(value) : value)).join(" · ");
const breaker = (state) => make("span", { class: "badge " + (state === "closed" ? "good" : state === "open" ? "bad" : "warn") }, state);

function version(model, own, bounds) {
  const fallbacks = Object.values(own.fallbacks).reduce((sum, count) => sum + count, 0);
  const errors = Object.values(own.errors).reduce((sum, count) => sum + count, 0);
  return make("section", { "data-model": model.name, "data-version": own.version },
    make("div", { class: "head" }, make("h2", {}, model.name + " · version " + own.version),
      own.isDefault ? make("span", { class: "badge good" }, model.isDefault ? "default model" : "default") : null,
      own.traffic === undefined ? null : make("span", { class: "badge" }, "traffic " + number(own.traffic)),
      own.shadow === undefined ? null : make("span", { class: "badge warn" }, "shadow"),
      make("span", { class: "soft" }, "view " + own.view.name + " " + own.view.version + " · " + own.backend)),
    make("div", { class: "tiles" }, tile("requests", number(own.requests)), tile("predictions", number(own.predictions)),
      tile("fallbacks" + share(fallbacks, own.requests), number(fallbacks), fallbacks > 0 ? "warn" : undefined), tile("errors" + share(errors, own.requests), number(errors), errors > 0 ? "bad" : undefined),
      tile("p50", time(own.steps.total?.p50 ?? null)), tile("p99", time(own.steps.total?.p99 ?? null))),
    make("h3", {}, "latency by step"), steps(own.steps, bounds),
    make("div", { class: "pair" }, counts("fallbacks", own.fallbacks, "warn"), counts("errors", own.errors, "bad", "code")),
    make("h3", {}, "stores"), own.stores.length === 0 ? make("span", { class: "soft" }, "none") : table([["store"], ["breaker"], ["counts"]], own.stores.map((store) => [store.kind, breaker(store.state), make("span", { class: "soft" }, facts(store.counters ?? {}) || "not guarded")])),
    make("h3", {}, "log"), make("span", { class: "soft" }, own.log === undefined ? "off" : facts(own.log)),
    own.shadow === undefined ? null : [make("h3", {}, "shadow against the returned answers"), make("span", { class: "soft" }, facts(own.shadow))]);
}

function draw(status) {
  const state = document.getElementById("state");
  state.textContent = status.draining ? "draining" : "serving";
  state.className = "badge " + (status.draining ? "warn" : "good");
  document.getElementById("age").textContent = "up " + number(status.uptimeSeconds) + " s · version " + status.version;
  const answered = Object.values(status.routes).reduce((sum, route) => sum + route.answered, 0);
  const failed = Object.values(status.failures).reduce((sum, count) => sum + count, 0);
  document.getElementById("main").replaceChildren(
    make("section", { id: "server" },
      make("div", { class: "tiles" }, tile("answered", number(answered)), tile("refused or failed", number(failed), failed > 0 ? "bad" : undefined), tile("in flight of " + number(status.gate.concurrency), number(status.gate.active)),
        tile("waiting of " + number(status.gate.queue), number(status.gate.waiting)), tile("event-loop delay", number(status.loopDelayMillis) + " ms"), tile("resident memory", number(status.memory.rss / 2 ** 20) + " MiB")),
      make("h3", {}, "HTTP routes"), steps(status.routes, status.bounds, "route"),
      counts("refused and failed by status", status.failures, "bad", "status")),
    ...status.models.flatMap((model) => model.versions.map((own) => version(model, own, status.bounds))),
    make("section", { id: "errors" }, make("h2", {}, "Recent errors"), status.recentErrors.length === 0 ? make("span", { class: "soft" }, "none") :
      table([["time", "keep"], ["status", "keep"], ["code", "keep"], ["message"], ["request"]], status.recentErrors.map((error) => [new Date(error.time).toISOString().replace("T", " ").slice(0, 19), error.status ?? error.model ?? "", make("span", { class: "bad" }, error.code), error.message, make("code", {}, error.requestId ?? "")]))));
}

async function refresh() {
  try {
    const response = await fetch("status.json", { cache: "no-store" });
    if (response.ok) draw(await response.json());
    else throw new Error("status " + response.status);
  } catch (error) {
    const state = document.getElementById("state");
    state.textContent = "not reachable: " + error.message;
    state.className = "badge bad";
  }
  setTimeout(refresh, 2000);
}
refresh();`;

/** The status page, which draws `/status.json` every two seconds. */
export function statusPage(): Page {
  return makePage("skewless status", BODY, SCRIPT, STYLE);
}
