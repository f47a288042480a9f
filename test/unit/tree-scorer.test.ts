import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Scorer } from "../../src/scorer/scorer.js";
import { expectClose, scorerValues } from "./tree-models.js";

/** The reference models of XGBoost and LightGBM by the compiled backend, in a batch and row by row. */

interface Case {
  readonly name: string;
  readonly features: number;
  readonly margin: readonly number[];
  readonly prediction: readonly number[];
}

const folder = (name: string): string => join(import.meta.dirname, "../reference", name);
const contents = (name: string): ArrayBuffer => new Uint8Array(readFileSync(name)).buffer;
const casesOf = (name: string): readonly Case[] => (JSON.parse(readFileSync(join(folder(name), "cases.json"), "utf8")) as { cases: readonly Case[] }).cases;
const floats = (bits: readonly number[]): Float32Array => new Float32Array(Uint32Array.from(bits).buffer);
const bitsOf = (values: readonly number[]): number[] => Array.from(new Uint32Array(Float32Array.from(values).buffer));

describe.each(casesOf("xgboost"))("XGBoost, $name", ({ name, features, margin, prediction }) => {
  test.each(["json", "ubj"])("%s", (kind) => {
    const path = join(folder("xgboost"), `${name}.${kind}`);
    using scorer = Scorer.loadSync(path);
    expect(scorer.backend.name).toBe("compiled");
    expect(scorer.format).toBe("xgboost");
    const { values, single } = scorerValues(scorer, new Float32Array(contents(join(folder("xgboost"), `${name}.f32`))), features);
    expect(bitsOf(values["raw"] ?? values["prediction"]!)).toEqual(margin);
    expectClose(values["prediction"]!, floats(prediction));
    expect(single).toEqual(values);
  });
});

describe("LightGBM", () => {
  test.each(casesOf("lightgbm"))("$name", ({ name, features }) => {
    const path = join(folder("lightgbm"), name);
    using scorer = Scorer.loadSync(`${path}.txt`);
    expect(scorer.backend.name).toBe("compiled");
    const { values, single } = scorerValues(scorer, new Float32Array(contents(`${path}.f32`)), features);
    const answers = Array.from(new Float64Array(contents(`${path}.f64`)));
    const raw = answers.slice(0, answers.length / 2);
    // Linear trees add coefficients before they multiply.
    if (name === "linear") expectClose(values["prediction"]!, raw, 1e-12);
    else expect(values["raw"] ?? values["prediction"]!).toEqual(raw);
    expectClose(values["prediction"]!, answers.slice(answers.length / 2), 1e-12);
    expect(single).toEqual(values);
  });
});
