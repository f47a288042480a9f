// The view of the online suite: two groups with 12 looked-up features, 20 outputs, on-demand and fitted transformations,
// over an LMDB file of 10,000 cards and 500 shops.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Field, Float64, List, Table, TimestampMillisecond, Utf8, vectorFromArray } from "apache-arrow";
import { makeTrees, treesOnnx } from "./models.mjs";
import { randomNumbers } from "./random.mjs";

const CARDS = 10_000;
const SHOPS = 500;
const NOW = 1_750_000_000_000;
const HOUR = 3_600_000;
const CATEGORIES = ["grocery", "fuel", "travel", "digital", "clothing", "restaurant"];

async function declare() {
  const { defineFeatureView, featureGroup, t } = await import("../../dist/index.js");
  const cards = featureGroup({
    name: "cards",
    keys: { card_id: t.int64() },
    features: {
      home_lat: t.float64(),
      home_lon: t.float64(),
      prev_ts: t.timestamp("ms").nullable(),
      prev_lat: t.float64().nullable(),
      prev_lon: t.float64().nullable(),
      amounts: t.list(t.float64()),
      times: t.list(t.timestamp("ms")),
      amount_mean: t.float64(),
      payments: t.int32(),
    },
  });
  const shops = featureGroup({ name: "shops", keys: { id: t.utf8() }, features: { category: t.utf8(), amount_mean: t.float64(), risk: t.float64() } });
  const view = defineFeatureView({
    name: "bench",
    version: 1,
    groups: [cards, { group: shops, keys: { id: "shop_id" }, prefix: "shop_" }],
    requestParameters: { amount: t.float64(), ts: t.timestamp("ms"), lat: t.float64(), lon: t.float64(), country: t.utf8() },
    helpers: ["prev_ts", "prev_lat", "prev_lon"],
    onDemand: ({ amount, ts, lat, lon, prev_ts, prev_lat, prev_lon, home_lat, home_lon, amounts, times, amount_mean, shop_amount_mean }) => ({
      seconds: ts.diff(prev_ts, "second"),
      km: lat.haversine(lon, prev_lat, prev_lon).div(1000),
      km_home: lat.haversine(lon, home_lat, home_lon).div(1000),
      hour_sum: amounts.window(times, ts, "1h").sum(),
      day_sum: amounts.window(times, ts, "1d").sum(),
      ratio: amount.div(amount_mean),
      shop_ratio: amount.div(shop_amount_mean),
    }),
    features: ({ amount, ts, country, payments, shop_category, shop_risk, seconds, km, km_home, hour_sum, day_sum, ratio, shop_ratio }) => ({
      amount: amount.log1p().standardScaler(),
      seconds: seconds.log1p().standardScaler(),
      km: km.log1p().minMaxScaler(),
      km_home: km_home.log1p(),
      hour_sum: hour_sum.log1p().standardScaler(),
      day_sum: day_sum.log1p().standardScaler(),
      ratio,
      shop_ratio,
      hour_sin: ts.cyclicSin("day"),
      hour_cos: ts.cyclicCos("day"),
      weekend: ts.isWeekend(),
      payments,
      shop_risk,
      country: country.frequencyEncoder(),
      category: shop_category.oneHotEncoder({ handleUnknown: "ignore" }),
    }),
  });
  return { cards, shops, view };
}

const card = (random) => ({
  home_lat: 40 + 20 * random(),
  home_lon: 20 * random(),
  prev_ts: NOW - Math.floor(random() * 24 * HOUR),
  prev_lat: 40 + 20 * random(),
  prev_lon: 20 * random(),
  amounts: Array.from({ length: 4 }, () => Math.round(random() * 10_000) / 100),
  times: Array.from({ length: 4 }, (_, i) => NOW - (4 - i) * 7 * HOUR * random()).map(Math.floor),
  amount_mean: 10 + 90 * random(),
  payments: Math.floor(random() * 500),
});
const shop = (random) => ({ category: CATEGORIES[Math.floor(random() * CATEGORIES.length)], amount_mean: 10 + 90 * random(), risk: random() / 50 });
const parameters = (random) => ({
  amount: Math.round(random() * 20_000) / 100,
  ts: NOW + Math.floor(random() * HOUR),
  lat: 40 + 20 * random(),
  lon: 20 * random(),
  country: ["NO", "SE", "DK", "DE"][Math.floor(random() * 4)],
});

/** Requests in the form that the view, and JSON, have them. */
export function makeRequests(count, seed = 3) {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, () => ({
    servingKeys: { card_id: Math.floor(random() * CARDS), shop_id: `shop-${Math.floor(random() * SHOPS)}` },
    requestParameters: parameters(random),
  }));
}

function trainingTable(rows = 5000) {
  const random = randomNumbers(5);
  const all = Array.from({ length: rows }, () => {
    const { category, amount_mean, risk } = shop(random);
    return { ...card(random), shop_category: category, shop_amount_mean: amount_mean, shop_risk: risk, ...parameters(random) };
  });
  const list = (item) => new List(new Field("item", item, true));
  const special = { prev_ts: new TimestampMillisecond(), ts: new TimestampMillisecond(), times: list(new TimestampMillisecond()), amounts: list(new Float64()), shop_category: new Utf8(), country: new Utf8() };
  const column = (name) => {
    const values = all.map((row) => row[name]);
    return name === "payments" ? vectorFromArray(Int32Array.from(values)) : vectorFromArray(values, special[name] ?? new Float64());
  };
  return new Table(Object.fromEntries(Object.keys(all[0]).map((name) => [name, column(name)])));
}

/** The fitted view; `fill(store)` puts the rows of all entities into a store. */
export async function onlineView() {
  const { cards, shops, view } = await declare();
  const fitted = await view.fit(trainingTable());
  const fill = async (store) => {
    const random = randomNumbers(9);
    for (let from = 0; from < CARDS; from += 1000) {
      await store.put(cards, Array.from({ length: 1000 }, (_, i) => ({ keys: { card_id: from + i }, values: card(random), eventTime: NOW })));
    }
    await store.put(shops, Array.from({ length: SHOPS }, (_, i) => ({ keys: { id: `shop-${i}` }, values: shop(random), eventTime: NOW })));
  };
  return { fitted, cards, shops, fill };
}

/** 100 trees over the view's features. */
export const onlineModel = (fitted) => treesOnnx(makeTrees({ features: fitted.names.length }), fitted.names.length);

/** A directory that is gone when the process ends. */
export function scratchFolder() {
  const folder = mkdtempSync(join(tmpdir(), "skewless-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function filledLmdb(fill, folder = scratchFolder()) {
  const { lmdbStore } = await import("../../dist/index.js");
  const store = await lmdbStore({ path: join(folder, "features.mdb") });
  await fill(store);
  return store;
}
