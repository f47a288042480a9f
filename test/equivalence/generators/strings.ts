// Generators of the functions of text, of hashes and of places on Earth.
import type { Value } from "../oracle/value.js";
import { each, eachWith, generator, plain, unary, type Generators, type Maker } from "./generator.js";
import { float64Trouble, int64Trouble, mostly, neighbour, smallInt, within } from "./numbers.js";
import type { Rng } from "./rng.js";
import {
  email,
  fewLetters,
  ipv4,
  ipv6,
  mutated,
  numberText,
  sentence,
  space,
  stretch,
  textTrouble,
  url,
  word,
} from "./texts.js";
import { randomValues } from "./values.js";

const anyText = unary(textTrouble);
const spaced = unary((rng) => (rng.chance(0.6) ? sentence(rng) : textTrouble(rng)));

function mostlyText(usual: (rng: Rng) => string): ReturnType<typeof unary> {
  return unary((rng) => {
    if (rng.chance(0.8)) return usual(rng);
    return rng.chance(0.6) ? mutated(rng, usual(rng)) : textTrouble(rng);
  });
}

function haystack(rng: Rng): string {
  return rng.choose(
    () => fewLetters(rng),
    () => sentence(rng),
    () => textTrouble(rng),
  );
}

/** Something to look for in x, which is often there. */
function needle(rng: Rng, x: string): string {
  return rng.choose(
    () => stretch(rng, x),
    () => stretch(rng, x),
    () => rng.pick(["", ",", " ", "a", "aa", "ab", "é", "😀"]),
    () => word(rng),
    () => x,
    () => x + word(rng),
  );
}

const searching = generator((rng) => {
  const x = haystack(rng);
  return [x, needle(rng, x)];
});

/** Starts and ends of x, and what nearly is. */
const affixes = generator((rng) => {
  const x = haystack(rng);
  const points = Array.from(x);
  const cut = rng.int(0, points.length);
  const y = rng.choose(
    () => points.slice(0, cut).join(""),
    () => points.slice(cut).join(""),
    () => needle(rng, x),
  );
  return [x, rng.chance(0.8) ? y : mutated(rng, y)];
});

function similarPair(rng: Rng): Value[] {
  const x = rng.choose(
    () => word(rng),
    () => fewLetters(rng),
    () => sentence(rng),
    () => textTrouble(rng),
  );
  const y = rng.choose(
    () => mutated(rng, x),
    () => mutated(rng, x),
    () => word(rng),
    () => fewLetters(rng),
    () => textTrouble(rng),
  );
  return [x, y];
}

const similar = generator(similarPair);

function tokenPair(rng: Rng): Value[] {
  const tokens = rng.many(rng.int(0, 8), () => word(rng));
  const other = rng.chance(0.7) ? rng.shuffle(tokens).slice(0, rng.int(0, 8)) : [];
  const more = rng.many(rng.int(0, 3), () => word(rng));
  return [tokens.join(space(rng)), [...other, ...more].join(space(rng))];
}

/** A count that makes a text of moderate size, or one past any: nothing between could be held in memory. */
const repetitions: Maker = (rng) => {
  if (rng.chance(0.85)) return BigInt(rng.int(-3, 40));
  return rng.chance(0.5)
    ? 2n ** 32n + BigInt(rng.int(0, 9))
    : (2n ** 63n - 1n) * (rng.chance(0.5) ? 1n : -1n);
};

const fill: Maker = (rng) =>
  rng.choose(
    () => "",
    () => " ",
    () => "0",
    () => word(rng),
    () => "é😀",
  );

const padding = generator((rng) => [haystack(rng), repetitions(rng, "int64"), fill(rng, "utf8")]);

function seed(rng: Rng): { readonly seed?: bigint } {
  return rng.chance(0.3) ? {} : { seed: rng.chance(0.3) ? BigInt(rng.int(0, 9)) : int64Trouble(rng) };
}

function hexGroups(value: bigint): string {
  return Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(
    ":",
  );
}

function dottedQuad(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join(".");
}

function addressText(value: bigint, width: number): string {
  return width === 32 ? dottedQuad(value) : hexGroups(value);
}

const subnets = [
  "10.0.0.0/8",
  "0.0.0.0/0",
  "255.255.255.255/32",
  "192.168.1.77/24",
  "2001:db8::/32",
  "::/0",
  "::1/128",
  "fe80::/10",
];

function subnet(rng: Rng): string {
  if (rng.chance(0.3)) return rng.pick(subnets);
  const width = rng.pick([32, 128]);
  const value = rng.bigint(0n, (1n << BigInt(width)) - 1n);
  return `${addressText(value, width)}/${rng.int(0, width)}`;
}

function cidrOf(rng: Rng): string {
  const cidr = rng.params["cidr"];
  return typeof cidr === "string" ? cidr : "10.0.0.0/8";
}

/** An address that shares the first bits with a subnet written in full. */
function addressNear(rng: Rng): string {
  const [base = "", length = "0"] = cidrOf(rng).split("/");
  const width = base.includes(":") ? 128 : 32;
  if (base.includes("::"))
    return rng.pick(["2001:db8::1", "2001:db9::", "::", "::1", "fe80::1", "febf::", "fec0::"]);
  const digits =
    width === 32 ? base.split(".").map(BigInt) : base.split(":").map((group) => BigInt(`0x${group}`));
  const value = digits.reduce((sum, digit) => (sum << BigInt(width === 32 ? 8 : 16)) | digit, 0n);
  const flipped = rng.int(Math.max(0, width - Number(length) - 3), width - 1);
  const low = rng.bigint(0n, (1n << BigInt(width)) - 1n) >> BigInt(Math.min(width, Number(length)));
  return addressText(rng.chance(0.5) ? value ^ low : value ^ (1n << BigInt(flipped)), width);
}

const latitude = within(-90, 90);
const longitude = within(-180, 180);
const mostlyLatitude = mostly(latitude, 0.93);
const mostlyLongitude = mostly(longitude, 0.93);

/** Two points: anywhere, close together, on one meridian, opposite, or at a pole. */
function twoPoints(rng: Rng): Value[] {
  const [lat, lon] = [latitude(rng), longitude(rng)];
  const near = 10 ** rng.int(-12, 1) * (rng.float() - 0.5);
  return rng.choose(
    () => [mostlyLatitude(rng), mostlyLongitude(rng), mostlyLatitude(rng), mostlyLongitude(rng)],
    () => [lat, lon, latitude(rng), longitude(rng)],
    () => [lat, lon, lat + near, lon + near * rng.pick([-1, 0, 1, 2])],
    () => [lat, lon, latitude(rng), lon],
    () => [lat, lon, -lat + near * rng.int(0, 1), lon + 180 * rng.pick([-1, 1])],
    () => [rng.pick([90, -90]), lon, latitude(rng), longitude(rng)],
    () => [lat, neighbour(180, -rng.int(0, 2)), lat, neighbour(-180, -rng.int(0, 2))],
    () => [lat, lon, lat, lon],
  );
}

const cellSize: Maker = (rng) =>
  rng.choose(
    () => rng.pick([0.1, 0.25, 1, 5, 7, 90, 360, 1000, 1e-6, 0, -1, 9.99e-7]),
    () => 10 ** -rng.int(0, 6) * (1 + rng.float()),
    () => float64Trouble(rng),
  );

export const texts: Generators = {
  length: anyText,
  byteLength: anyText,
  isEmpty: anyText,
  isAscii: anyText,
  lower: anyText,
  upper: anyText,
  asciiLower: anyText,
  asciiUpper: anyText,
  trim: spaced,
  trimStart: spaced,
  trimEnd: spaced,
  contains: searching,
  startsWith: affixes,
  endsWith: affixes,
  indexOf: searching,
  countMatches: searching,
  substring: each(haystack, smallInt(-15, 15), smallInt(-2, 15)),
  concat: plain,
  repeat: generator((rng) => [haystack(rng), repetitions(rng, "int64")]),
  reverse: anyText,
  padStart: padding,
  padEnd: padding,
  replace: generator((rng) => {
    const x = haystack(rng);
    return [
      x,
      needle(rng, x),
      rng.choose(
        () => "",
        () => word(rng),
        () => needle(rng, x),
      ),
    ];
  }),
  split: searching,
  part: generator((rng) => {
    const x = haystack(rng);
    return [x, needle(rng, x), smallInt(-6, 6)(rng)];
  }),
  tokens: spaced,
  tokenCount: spaced,
  charNgrams: each(haystack, smallInt(-1, 6)),
  countDigits: mostlyText(numberText),
  countUpper: anyText,
  levenshtein: similar,
  levenshteinSimilarity: similar,
  jaroWinkler: similar,
  jaccardTokens: generator((rng) => (rng.chance(0.7) ? tokenPair(rng) : similarPair(rng))),
  jaccardNgrams: generator((rng) => [...similarPair(rng), smallInt(-1, 5)(rng)]),
  emailDomain: mostlyText(email),
  urlHost: mostlyText(url),
  urlPath: mostlyText(url),
  ipv4ToInt: mostlyText(ipv4),
  isIPv4: mostlyText(ipv4),
  isIPv6: mostlyText(ipv6),
  ipInSubnet: unary(
    (rng) => {
      if (rng.chance(0.5)) return addressNear(rng);
      return rng.choose(
        () => ipv4(rng),
        () => ipv6(rng),
        () => textTrouble(rng),
      );
    },
    (rng) => ({ cidr: subnet(rng) }),
  ),
  parseNumber: mostlyText(numberText),
  parseInt64: mostlyText(numberText),
};

export const hashing: Generators = {
  // The 32-bit hash takes 32 bits of seed.
  murmurHash3: generator(randomValues, (rng) => (rng.chance(0.3) ? {} : { seed: BigInt(rng.uint32()) })),
  xxHash64: generator(randomValues, seed),
  hashBucket: generator(randomValues, (rng) => ({
    ...seed(rng),
    buckets: rng.choose(
      () => rng.int(1, 100),
      () => 2 ** rng.int(0, 30),
      () => rng.pick([1, 2147483647, 1000003]),
    ),
  })),
  cross: plain,
};

export const geo: Generators = {
  haversine: generator(twoPoints),
  bearing: generator(twoPoints),
  geohash: eachWith(undefined, mostlyLatitude, mostlyLongitude, smallInt(-1, 14)),
  gridCell: each(mostlyLatitude, mostlyLongitude, cellSize),
};
