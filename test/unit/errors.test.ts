import { expect, test } from "vitest";
import { AbortedError, DeadlineExceeded, InputError } from "../../src/errors.js";

test.each([
  [new InputError("WRONG_TYPE", "not a number", { column: "x", expected: "a number" })],
  [new DeadlineExceeded("the deadline passed", { expected: "an answer within 5 µs", actual: "9 µs" })],
  [new AbortedError("the run was aborted", new Error("stop"))],
])("with() keeps class, code and facts: %s", (error) => {
  const again = error.with({ row: 3 });
  expect(again).toBeInstanceOf(error.constructor);
  expect([again.name, again.code, again.what, again.row]).toEqual([error.name, error.code, error.what, 3]);
  expect([again.column, again.expected, again.actual]).toEqual([error.column, error.expected, error.actual]);
  expect(again.message).toContain("row 3");
  expect(again.cause).toBe(error);
});
