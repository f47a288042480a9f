import { features, makeRows, WIDTH } from "../lib/row-features.mjs";

const SIZES = Array.from({ length: 17 }, (_, i) => 2 ** i);
const DISTINCT = 1024;
/** Milliseconds that a sample takes at least, by repeating small calls. */
const SAMPLE = 1;

// One process and one round after another at each size, since what is compared are parts of one engine.
const prepare = ({ quick }) => {
  const distinct = makeRows(DISTINCT);
  const rows = Array.from({ length: SIZES.at(-1) }, (_, i) => distinct[i % DISTINCT]);
  const byRow = features.compile({ crossover: Infinity });
  const byBatch = features.compile({ crossover: 1 });
  const dispatching = features.compile();
  const lists = new Map(SIZES.map((size) => [size, rows.slice(0, size)]));
  const subjects = [
    ["skewless-row", (list) => byRow.rows(list)],
    ["skewless-batch", (list) => byBatch.transform(list)],
    ["skewless", (list) => dispatching.transform(list)],
  ];
  // The dispatcher measures each size on its own: it sees many calls of each, as in a service.
  for (const size of SIZES) for (let i = 0; i < Math.max(3, 64_000 / size); i++) for (const [, run] of subjects) run(lists.get(size));
  check(subjects, lists.get(64));

  /** Calls that fill a sample, found once. */
  const repeats = new Map(
    SIZES.map((size) => {
      const start = performance.now();
      let calls = 0;
      do {
        subjects[1][1](lists.get(size));
        calls++;
      } while (performance.now() - start < SAMPLE);
      return [size, calls];
    }),
  );
  const time = (run, list, calls) => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) run(list);
    return ((performance.now() - start) * 1e6) / (calls * list.length);
  };
  return {
    round: () => {
      const out = [];
      for (const size of SIZES) {
        const samples = subjects.map(() => []);
        for (let i = 0; i < (quick ? 3 : 7); i++) {
          // The order turns, so that no subject always follows the same one.
          for (let s = 0; s < subjects.length; s++) {
            const at = (s + i) % subjects.length;
            samples[at].push(time(subjects[at][1], lists.get(size), repeats.get(size)));
          }
        }
        subjects.forEach(([subject], s) => out.push({ case: String(size), subject, rows: size, samples: samples[s] }));
      }
      const { crossover } = dispatching.stats();
      if (crossover !== undefined) out.push({ case: "measured", subject: "skewless", unit: "rows", samples: [crossover] });
      return out;
    },
  };
};

function check(subjects, list) {
  const [expected, ...others] = subjects.map(([, run]) => run(list));
  for (const vectors of others) {
    for (let r = 0; r < list.length; r++) {
      for (let i = 0; i < WIDTH; i++) if (!Object.is(vectors[r][i], expected[r][i])) throw new Error(`row ${r}, feature ${i} differ between modes`);
    }
  }
}

export default {
  name: "crossover",
  title: "row objects to vectors of 48 features in both modes and by transform(), ns a row",
  cases: [{ name: "size", unit: "ns/row", rounds: 9, processes: { skewless: { prepare } } }],
  targets: (figures) => {
    const ratios = SIZES.map((size) => {
      const name = String(size);
      const ratio = (mode) => figures.ratio(name, "skewless", mode);
      return { size, ratio: Math.max(ratio("skewless-row"), ratio("skewless-batch")) };
    });
    return ratios.map(({ size, ratio }) => ({ claim: `transform() of ${size} rows, times the better mode`, limit: 1.1, unit: "×", measured: ratio }));
  },
};
