// Random plans: row mode = batch mode on every instruction set, slice and layout = saved and loaded = optimized = oracle.
import { beforeAll, expect, test } from "vitest";
import { CATALOGUE } from "../../src/expr/catalogue.gen.js";
import { addon } from "../../src/native.js";
import { Rng } from "./generators/index.js";
import { drawPlan, drawRows } from "./harness/random-plan.js";
import { checkPlanCase, checkThreads } from "./harness/plan-case.js";
import { reported } from "./harness/report.js";
import { replay, rngOf, runs, seed } from "./harness/settings.js";

/** An add-on older than the sources would make every plan a regression. */
beforeAll(() => {
  const built = new Set((JSON.parse(addon().catalogue()) as { name: string }[]).map(({ name }) => name));
  const missing = Object.keys(CATALOGUE).filter((name) => !built.has(name));
  if (missing.length > 0) throw new Error(`the add-on lacks ${missing.join(", ")}: npm run build:native`);
});

const GROUPS = 20;
const PLANS = 12;

test.each(Array.from({ length: GROUPS }, (_, i) => i))("plans %i", async (group) => {
  for (let i = 0; i < PLANS * runs; i++) {
    const rng = rngOf(`plans ${group}`, i);
    const plan = drawPlan(rng);
    const rows = drawRows(rng, plan, rng.int(1, 40));
    const layouts = rng.uint32();
    try {
      checkPlanCase({ plan, rows }, layouts);
      if (i === 0 && group % 4 === 0) await checkThreads({ plan, rows }, 2 + (group % 8) / 4, rng);
    } catch {
      throw reported(`seed ${seed} group ${group} plan ${i}`, { plan, rows }, layouts, replay(`plans ${group}`));
    }
  }
});

test("the plans are of some depth and use most functions", () => {
  const used = new Set<string>();
  let deepest = 0;
  for (let i = 0; i < 600; i++) {
    const plan = drawPlan(new Rng(i));
    const depths = plan.inputs.map(() => 0);
    for (const node of plan.nodes) {
      if (node.kind === "call") used.add(node.name);
      depths.push(node.kind === "call" ? 1 + Math.max(...node.args.map((arg) => depths[arg] as number)) : 0);
    }
    deepest = Math.max(deepest, ...depths);
  }
  expect(used.size).toBeGreaterThan(200);
  expect(deepest).toBeGreaterThanOrEqual(6);
});
