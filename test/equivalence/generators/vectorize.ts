// Generators of the functions that make terms of texts and vectors of terms.
import type { Value } from "../oracle/value.js";
import { generator, plain, unary, type Generators } from "./generator.js";
import { finiteFloat64, float64Trouble } from "./numbers.js";
import type { Rng } from "./rng.js";
import { fewLetters, sentence, space, textTrouble, word } from "./texts.js";
import { elementType, listLength, listOf, randomList, randomValue } from "./values.js";

/** Words between one, two or three white spaces and other separators. */
function passage(rng: Rng): string {
  const gap = (): string => rng.choose(() => " ", () => space(rng), () => space(rng) + space(rng), () => rng.pick([", ", "-", ". ", "'"]));
  return rng.choose(
    () => sentence(rng),
    () => fewLetters(rng),
    () => textTrouble(rng),
    () => rng.many(rng.int(0, 9), () => word(rng) + gap()).join(""),
  );
}

/** Elements drawn from a list parameter most of the time, so that they are found and repeat. */
function listedElements(name: string) {
  return (rng: Rng, type: string): Value => {
    const item = elementType(type);
    const known = (rng.params[name] as readonly Value[] | undefined) ?? [];
    if (known.length === 0 || rng.chance(0.2)) return randomList(rng, item);
    const made = rng.many(listLength(rng), () => (rng.chance(0.8) ? rng.pick(known) : randomValue(rng, item)));
    return made.map((value) => (rng.chance(0.05) ? null : value));
  };
}

const norm = (rng: Rng): string => rng.pick(["none", "none", "l1", "l2"]);
const flag = (rng: Rng): number => rng.int(0, 1);

const hashParams = (rng: Rng): Record<string, unknown> => ({
  nFeatures: rng.choose(() => rng.int(1, 12), () => 2 ** rng.int(0, 7), () => rng.int(1, 300)),
  alternateSign: flag(rng),
  binary: rng.chance(0.3) ? 1 : 0,
  norm: norm(rng),
});

export const vectorizing: Generators = {
  terms: unary(passage, (rng) => {
    const minN = rng.pick([1, 1, 1, 2, 3, 5]);
    return {
      analyzer: rng.pick(["word", "space", "char", "char_wb"]),
      minLength: rng.pick([1, 2, 2, 3]),
      minN,
      maxN: minN + rng.pick([0, 0, 1, 2, 59]),
      stopWords: rng.chance(0.5) ? [] : rng.many(rng.int(1, 5), () => word(rng)),
    };
  }),
  termVector: unary(listedElements("vocabulary"), (rng, types) => {
    const type = elementType(types[0] ?? "");
    const sublinear = rng.chance(0.4) ? 1 : 0;
    const vocabulary = rng.many(rng.int(0, 30), () => (type === "int64" && rng.chance(0.5) ? BigInt(rng.int(-9, 9)) : randomValue(rng, type)));
    const weight = (): number => (sublinear === 1 ? rng.float() * 10 : finiteFloat64(rng));
    return { vocabulary, weights: rng.chance(0.5) ? vocabulary.map(weight) : [], binary: flag(rng), sublinear, norm: norm(rng) };
  }),
  hashVector: generator((rng, types) => {
    const terms = randomList(rng, "utf8");
    if (types.length === 1) return [terms];
    // Now and then of another length; those have no nulls, since two troubles at once have two answers.
    if (rng.chance(0.05)) return [listOf(rng, "utf8", 3, 0), listOf(rng, "float64", rng.pick([0, 2, 4]), 0)];
    return [terms, terms.map(() => (rng.chance(0.1) ? null : rng.choose(() => rng.int(-2, 2), () => finiteFloat64(rng), () => float64Trouble(rng))))];
  }, hashParams),
  pack: plain,
  append: plain,
};
