import { DefinitionError, received } from "../../errors.js";

/** How long a request may take, and its steps. Milliseconds above 0, of any fraction; timers have a grain of 1 ms. */
export interface LatencyBudget {
  /** From the call to the answer; 1,000 by default, Infinity for no bound. */
  readonly totalMillis?: number;
  /** From the call until the stores' answers are there; what is left of the total by default. */
  readonly lookupMillis?: number;
  /** Of the native call, which transforms and scores, the part for the features: together with `scoreMillis` its deadline. */
  readonly transformMillis?: number;
  /** The part for the model; what is left of the total by default. */
  readonly scoreMillis?: number;
  /** Kept back from the total for the log, and the longest that a request waits for room in the queue of a log with the policy "block". */
  readonly logMillis?: number;
}

/** The same, complete; Infinity where there is no bound. */
export interface Budget {
  readonly total: number;
  readonly lookup: number;
  /** From the lookup's end to the model's answer. */
  readonly compute: number;
  readonly log: number;
}

const NAMES = ["totalMillis", "lookupMillis", "transformMillis", "scoreMillis", "logMillis"] as const;
const DEFAULT_TOTAL = 1000;
/** The longest delay of a timer, and of a deadline. */
const LONGEST = 3.6e6;

function bad(path: readonly string[], expected: string, value: unknown, fix?: string): never {
  throw new DefinitionError("INVALID_PARAMETER", "the latency budget", { path: ["budget", ...path], expected, actual: received(value), ...(fix === undefined ? {} : { fix }) });
}

export function isMillis(value: unknown): value is number {
  return typeof value === "number" && value > 0 && value <= LONGEST;
}

export function checkBudget(given: unknown): Budget {
  if (given !== undefined && (typeof given !== "object" || given === null || Array.isArray(given))) bad([], "an object", given);
  const budget = (given ?? {}) as LatencyBudget;
  for (const name of Object.keys(budget)) if (!(NAMES as readonly string[]).includes(name)) bad([name], NAMES.join(", "), budget[name as keyof LatencyBudget]);
  for (const name of NAMES) {
    const value = budget[name];
    if (value !== undefined && !isMillis(value) && !(name === "totalMillis" && value === Infinity)) bad([name], "milliseconds above 0, at most an hour", value);
  }
  const { totalMillis: total = DEFAULT_TOTAL, lookupMillis, transformMillis, scoreMillis, logMillis } = budget;
  if (transformMillis !== undefined && scoreMillis === undefined) bad(["scoreMillis"], "milliseconds, beside transformMillis", scoreMillis, "One native call transforms and scores: it has one deadline");
  const sum = (lookupMillis ?? 0) + (transformMillis ?? 0) + (scoreMillis ?? 0) + (logMillis ?? 0);
  if (sum > total) bad(["totalMillis"], `at least the sum of the steps, ${sum}`, total);
  return {
    total,
    lookup: lookupMillis ?? Infinity,
    compute: scoreMillis === undefined ? Infinity : scoreMillis + (transformMillis ?? 0),
    log: logMillis ?? 0,
  };
}
