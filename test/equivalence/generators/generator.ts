// The form of a generator and the ways in which most of them are made.
import type { Value } from "../oracle/value.js";
import type { Rng, StaticParams } from "./rng.js";
import { randomValue, randomValues } from "./values.js";

export interface Generator {
  /** One value an argument, none null. Draw the parameters first: arguments may lie close to them. */
  args(rng: Rng, types: readonly string[]): Value[];
  params(rng: Rng, types: readonly string[]): Record<string, unknown>;
}

export type Generators = Readonly<Record<string, Generator>>;
export type Maker = (rng: Rng, type: string) => Value;
type ArgsMaker = (rng: Rng, types: readonly string[]) => Value[];
type ParamsMaker = (rng: Rng, types: readonly string[]) => StaticParams;

export function generator(args: ArgsMaker, params: ParamsMaker = () => ({})): Generator {
  return {
    args,
    params(rng, types) {
      const drawn = { ...params(rng, types) };
      rng.params = drawn;
      return drawn;
    },
  };
}

/** Anything of the right types. */
export const plain = generator(randomValues);

export function unary(maker: Maker, params?: ParamsMaker): Generator {
  return generator((rng, types) => [maker(rng, types[0] ?? "")], params);
}

/** One maker an argument; now and then (one call in ten) anything of the right types instead. */
export function each(...makers: readonly Maker[]): Generator {
  return eachWith(undefined, ...makers);
}

export function eachWith(params: ParamsMaker | undefined, ...makers: readonly Maker[]): Generator {
  return generator((rng, types) => {
    if (rng.chance(0.1)) return randomValues(rng, types);
    return types.map((type, i) => (makers[i] ?? randomValue)(rng, type));
  }, params);
}
