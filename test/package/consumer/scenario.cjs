// One small declaration, fitted, in both modes. test-package.mjs knows the answers.
exports.run = async ({ defineFeatures, t }, { vectorFromArray, Table, Utf8, Float64 }) => {
  const set = defineFeatures({
    inputs: { distance: t.float64(), origin: t.utf8(), delay: t.float64().nullable() },
    features: ({ distance, origin, delay }) => ({
      half: distance.div(2),
      letters: origin.length(),
      late: delay.gt(10),
      scaled: distance.standardScaler(),
    }),
  });
  const table = new Table({
    distance: vectorFromArray([1, 3], new Float64()),
    origin: vectorFromArray(["ab", "cde"], new Utf8()),
    delay: vectorFromArray([11, null], new Float64()),
  });
  const engine = (await set.fit(table)).compile();
  const batch = engine.batch(table);
  return {
    row: [...engine.row({ distance: 1, origin: "ab", delay: 11 })],
    batch: batch.toArray().map((row) => Object.values(row.toJSON()).map(Number)),
    nulls: batch.getChild("late").nullCount,
    fingerprint: engine.fingerprint.length,
  };
};
