import { OnlineError, type ErrorFacts } from "../../errors.js";

/** The store does not answer: refused, gone, full, or behind an open breaker. */
export function unavailable(what: string, facts: ErrorFacts = {}, cause?: unknown): OnlineError {
  return new OnlineError("STORE_UNAVAILABLE", what, facts, cause === undefined ? {} : { cause });
}

/** The store answered with something that it was never given. */
export function corrupt(what: string, facts: ErrorFacts = {}, cause?: unknown): OnlineError {
  return new OnlineError("STORE_CORRUPT", what, facts, cause === undefined ? {} : { cause });
}

export function closed(kind: string): OnlineError {
  return new OnlineError("CLOSED", `the ${kind} store is closed`);
}

export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
