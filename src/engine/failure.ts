import { InputError, OUTCOME_CODES, type ErrorCode } from "../errors.js";
import type { NativeFailure } from "../native.js";
import type { Plan } from "../plan/plan.js";

function codeOf(outcome: number): ErrorCode {
  if (outcome === 1) return "NULL_INPUT";
  const code = OUTCOME_CODES[outcome];
  return code === undefined || code === "OK" || code === "NULL" ? "OUT_OF_RANGE" : code;
}

const WORDS: Partial<Record<ErrorCode, string>> = {
  INTEGER_OVERFLOW: "the result does not fit 64 bits",
  DIVISION_BY_ZERO: "division by zero",
  NOT_AN_INTEGER: "the number has no exact integer value",
  OUT_OF_RANGE: "an argument is outside the function's domain",
  INVALID_UTF8: "the text is not valid UTF-8",
  INVALID_TEXT: "the text cannot be read",
  OUT_OF_MEMORY: "memory was refused",
  TOO_LARGE: "the result is too large",
  UNKNOWN_CATEGORY: "the value is none of the categories seen in fitting",
  NULL_INPUT: "the value is null and the input is not nullable",
};

/** The one error of a failure, whichever mode met it. */
export function failureError(plan: Plan, failure: NativeFailure, row: number | undefined): InputError {
  const place = row === undefined ? {} : { row };
  if (failure.input >= 0) {
    const code = (failure.code as ErrorCode | undefined) ?? codeOf(failure.outcome);
    const column = plan.inputs[failure.input]?.name ?? "";
    return new InputError(code, failure.message ?? WORDS[code] ?? "the value cannot be read", { ...place, column });
  }
  const node = plan.nodes[failure.node - plan.inputs.length];
  const name = node?.kind === "call" ? node.name : "constant";
  const code = codeOf(failure.outcome);
  const output = plan.outputs[failure.output]?.name;
  return new InputError(code, `${name} failed: ${WORDS[code] ?? code}`, {
    ...(output === undefined ? {} : { path: [output] }),
    ...place,
    function: name,
  });
}
