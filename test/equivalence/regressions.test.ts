// Cases that failed once, or that settle a question the documentation leaves to order: each must hold.
import { expect, test } from "vitest";
import { caseFromJson } from "./harness/case-json.js";
import { checkPlanCase } from "./harness/plan-case.js";
import { savedCases } from "./harness/report.js";

test("there are some", () => {
  expect(savedCases().length).toBeGreaterThan(0);
});

test.each(savedCases())("%s", (_, json) => {
  checkPlanCase(caseFromJson(json));
});
