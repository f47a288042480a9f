import { median, quantile, sorted } from "./measure.mjs";
import { SubjectProcess } from "./processes.mjs";

/**
 * A suite is `{ name, title, cases, targets(figures) }`. A case is `{ name, unit, rounds, processes, check? }`; each
 * process has `prepare(options)`, run in a Node process of its own, which returns
 *
 * - `facts.sample`, what it computes for rows that all subjects share: compared before anything is timed,
 * - `round()`, giving `[{ case?, subject, samples, singles?, rows? }]`: `samples` in the case's unit, `singles` the
 *   same of single calls, from which the percentiles come.
 *
 * Rounds of a case's processes alternate, A B C A B C, since other work on the machine comes and goes.
 */
export async function runSuite(suite, options, log) {
  const figures = new Figures(suite.name);
  for (const entry of suite.cases) {
    const started = [];
    try {
      for (const [name, definition] of Object.entries(entry.processes)) {
        if (definition.peer !== undefined && options.missing.includes(definition.peer)) {
          log(`${suite.name}/${entry.name}: ${name} is NOT MEASURED, its package is missing`);
          continue;
        }
        const task = { suite: suite.name, case: entry.name, process: name, options };
        started.push({ name, ...(await SubjectProcess.start(task, definition)) });
      }
      checkSamples(suite.name, entry, started, log);
      const rounds = options.quick ? Math.min(3, entry.rounds) : entry.rounds;
      for (let r = 0; r < rounds; r++) {
        for (const { subject } of started) {
          for (const part of await subject.round()) figures.add(entry, part);
        }
      }
    } finally {
      await Promise.all(started.map(({ subject }) => subject.end()));
    }
  }
  return figures;
}

/** Every subject must have computed the same as the case's first, or the comparison would mean nothing. */
function checkSamples(suite, entry, started, log) {
  if (entry.check === undefined) return;
  // A tolerance of Infinity marks what computes something else, such as a copy.
  const compared = started.filter(({ name }) => entry.check[name] !== Infinity);
  const [reference, ...others] = compared.filter(({ facts }) => facts?.sample !== undefined);
  for (const { name, facts } of others) {
    const difference = largestDifference(reference.facts.sample, facts.sample);
    const within = `largest difference of ${name} to ${reference.name}: ${difference.toExponential(1)}`;
    if (!(difference <= (entry.check[name] ?? entry.check.default))) throw new Error(`${suite}/${entry.name}: ${within}`);
    log(`${suite}/${entry.name}: ${within}`);
  }
}

/** Largest |a - b| / max(1, |a|); infinite where one is NaN and the other is not. */
function largestDifference(a, b) {
  if (a.length !== b.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    if (Number.isNaN(a[i]) && Number.isNaN(b[i])) continue;
    const difference = Math.abs(a[i] - b[i]) / Math.max(1, Math.abs(a[i]));
    worst = Math.max(worst, Number.isNaN(difference) ? Infinity : difference);
  }
  return worst;
}

/** What was measured, by case and subject. */
class Figures {
  #suite;
  #entries;
  #summarize;

  constructor(suite, entries = new Map(), summarize = median) {
    this.#suite = suite;
    this.#entries = entries;
    this.#summarize = summarize;
  }

  /** The same with each subject's lowest sample in place of its median: what is left when other work took no time. */
  get best() {
    return new Figures(this.#suite, this.#entries, (samples) => samples.reduce((a, b) => Math.min(a, b), Infinity));
  }

  add(definition, { case: name = definition.name, subject, samples, singles, rows = definition.rows, unit = definition.unit }) {
    const key = `${name}/${subject}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) this.#entries.set(key, (entry = { case: name, subject, unit, rows, samples: [], singles: [] }));
    for (const sample of samples) entry.samples.push(sample);
    for (const single of singles ?? []) entry.singles.push(single);
  }

  get cases() {
    return [...new Set([...this.#entries.values()].map((entry) => entry.case))];
  }
  subjects(name) {
    return [...this.#entries.values()].filter((entry) => entry.case === name).map((entry) => entry.subject);
  }

  /** Undefined where it was not measured. */
  value(name, subject) {
    const entry = this.#entries.get(`${name}/${subject}`);
    return entry && this.#summarize(entry.samples);
  }

  /** One subject's value by another's; undefined unless both were measured. */
  ratio(name, over, under) {
    const a = this.value(name, over);
    const b = this.value(name, under);
    return a === undefined || b === undefined ? undefined : a / b;
  }

  /** The rows of the JSON file. */
  toRows() {
    return this.cases.flatMap((name) => [...this.#entries.values()].filter((entry) => entry.case === name)).map((entry) => {
      const row = { suite: this.#suite, case: entry.case, subject: entry.subject, unit: entry.unit, value: round(this.#summarize(entry.samples)) };
      if (entry.singles.length > 0) {
        const ascending = sorted(entry.singles);
        row.p99 = round(quantile(ascending, 0.99));
        row.p999 = round(quantile(ascending, 0.999));
      }
      if (entry.rows !== undefined) row.rows = entry.rows;
      return row;
    });
  }
}

/** Five significant digits: more is noise. */
function round(value) {
  return Number(value.toPrecision(5));
}
