import { InputError, ModelError, received } from "../errors.js";

/** The error of whoever is called: a scorer's calls throw a ModelError, a predictor's an InputError. */
type Refusal = typeof ModelError | typeof InputError;

/** Refuses what no option of the call is: a misspelt deadline must not pass as none. INVALID_PARAMETER. */
export function checkCallOptions(options: unknown, known: readonly string[], Refused: Refusal): void {
  if (typeof options !== "object" || options === null) {
    throw new Refused("INVALID_PARAMETER", "the call's options", { expected: "an object", actual: received(options) });
  }
  for (const key in options) {
    if (!known.includes(key)) throw new Refused("INVALID_PARAMETER", "not an option of this call", { path: [key], expected: known.join(", ") });
  }
}

/** What calls off the event loop take besides: a signal and a function that is told of progress. INVALID_PARAMETER. */
export function checkAsyncTerms(options: { readonly signal?: unknown; readonly onProgress?: unknown }, Refused: Refusal): void {
  const { signal, onProgress } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new Refused("INVALID_PARAMETER", "not a signal", { path: ["signal"], expected: "an AbortSignal", actual: received(signal) });
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw new Refused("INVALID_PARAMETER", "not told of progress", { path: ["onProgress"], expected: "a function", actual: received(onProgress) });
  }
}
