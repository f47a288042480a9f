// Every overload of every function: row mode = batch mode bit for bit = oracle, on random arguments full of trouble.
import { describe, expect, test } from "vitest";
import { CATALOGUE } from "../../src/expr/catalogue.gen.js";
import { generators } from "./generators/index.js";
import { checkShape, drawCase, shapesOf } from "./harness/function-case.js";
import { replay, rngOf, runs } from "./harness/settings.js";
import { oracle } from "./oracle/index.js";

const names = Object.keys(CATALOGUE);

test("catalogue, oracle and generators name the same functions and overloads", () => {
  expect(Object.keys(oracle).sort()).toEqual([...names].sort());
  expect(Object.keys(generators).sort()).toEqual([...names].sort());
  const ofCatalogue = (name: string): string[] => (CATALOGUE[name] ?? []).map((o) => `${name}(${o.args.join()}): ${o.result}`);
  const ofOracle = (name: string): string[] => (oracle[name]?.signatures ?? []).map((s) => `${name}(${s.args.join()}): ${s.result}`);
  expect(names.flatMap(ofOracle).sort()).toEqual(names.flatMap(ofCatalogue).sort());
});

describe("row mode = batch mode = oracle", () => {
  test.each(names)("%s", (name) => {
    for (const [i, overload] of (CATALOGUE[name] ?? []).entries()) {
      const draws = (overload.params.length > 0 ? 4 : 1) * runs;
      for (let draw = 0; draw < draws; draw++) {
        const rng = rngOf(`${name}/${i}`, draw);
        const drawn = drawCase(rng, name, overload, overload.params.length > 0 ? 60 : 150);
        for (const shape of shapesOf(overload.args.length)) {
          // Constants answer fewer questions a plan: fewer rows, unless one draw is all there is.
          const some = shape.every((constant) => !constant) ? drawn : { ...drawn, calls: drawn.calls.slice(0, 40) };
          try {
            checkShape(some, shape, rng);
            checkShape(some, shape, rng, false);
          } catch (error) {
            if (error instanceof Error) error.message += `\n${replay(name)}`;
            throw error;
          }
        }
      }
    }
  });
});
