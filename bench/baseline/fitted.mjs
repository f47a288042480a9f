// Fitting and transforming by hand, as a user would write it: loops over typed arrays, a Map for texts.

function present(values) {
  return values.filter((x) => !Number.isNaN(x));
}

function quantile(sorted, q) {
  const place = (sorted.length - 1) * q;
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (place - low);
}

function mean(values) {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const x = values[i];
    if (Number.isNaN(x)) continue;
    sum += x;
    count++;
  }
  return sum / count;
}

function mapped(values, apply) {
  const out = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = apply(values[i]);
  return out;
}

function fill(values, fallback) {
  const out = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = Number.isNaN(values[i]) ? fallback : values[i];
  return out;
}

function categories(strings) {
  const counts = new Map();
  for (let i = 0; i < strings.length; i++) counts.set(strings[i], (counts.get(strings[i]) ?? 0) + 1);
  return new Map([...counts.keys()].sort().map((text, i) => [text, i]));
}

/** `fit(column)` gives the state and `transform(column, state)` a list of columns. */
export const fitted = {
  standard: {
    fit(values) {
      const center = mean(values);
      let squares = 0;
      for (let i = 0; i < values.length; i++) squares += (values[i] - center) ** 2;
      return { center, scale: Math.sqrt(squares / values.length) };
    },
    transform: (values, { center, scale }) => {
      const out = new Float64Array(values.length);
      for (let i = 0; i < values.length; i++) out[i] = (values[i] - center) / scale;
      return [out];
    },
  },
  robust: {
    fit(values) {
      const sorted = values.slice().sort();
      return { center: quantile(sorted, 0.5), scale: quantile(sorted, 0.75) - quantile(sorted, 0.25) };
    },
    transform: (values, { center, scale }) => {
      const out = new Float64Array(values.length);
      for (let i = 0; i < values.length; i++) out[i] = (values[i] - center) / scale;
      return [out];
    },
  },
  quantile: {
    fit(values) {
      const sorted = values.slice().sort();
      return { quantiles: Float64Array.from({ length: 1000 }, (_, i) => quantile(sorted, i / 999)) };
    },
    transform: (values, { quantiles }) => [
      mapped(values, (x) => {
        const last = quantiles.length - 1;
        if (x <= quantiles[0]) return 0;
        if (x >= quantiles[last]) return 1;
        let low = 0;
        let high = last;
        while (high - low > 1) {
          const middle = (low + high) >> 1;
          if (quantiles[middle] <= x) low = middle;
          else high = middle;
        }
        return (low + (x - quantiles[low]) / (quantiles[high] - quantiles[low])) / last;
      }),
    ],
  },
  onehot: {
    fit: categories,
    transform(strings, codes) {
      const columns = Array.from(codes, () => new Float32Array(strings.length));
      for (let i = 0; i < strings.length; i++) {
        const at = codes.get(strings[i]);
        if (at === undefined) throw new Error(`unknown category ${strings[i]}`);
        columns[at][i] = 1;
      }
      return columns;
    },
  },
  ordinal: {
    fit: categories,
    transform(strings, codes) {
      const out = new Float64Array(strings.length);
      for (let i = 0; i < strings.length; i++) {
        const at = codes.get(strings[i]);
        if (at === undefined) throw new Error(`unknown category ${strings[i]}`);
        out[i] = at;
      }
      return [out];
    },
  },
  "impute-mean": { fit: (values) => ({ value: mean(values) }), transform: (values, { value }) => [fill(values, value)] },
  "impute-median": {
    fit: (values) => ({ value: quantile(present(values).sort(), 0.5) }),
    transform: (values, { value }) => [fill(values, value)],
  },
};
