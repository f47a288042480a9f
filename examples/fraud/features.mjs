// The feature view of the example: what the model sees of a card transaction, declared once for training and serving.
import { defineFeatureView, featureGroup, greatest, t } from "skewless";

/** What the payment system knows of a card after its last transaction. One row a card, written after each of them. */
export const cards = featureGroup({
  name: "cards",
  keys: { card_id: t.int64() },
  features: {
    home_lat: t.float64(),
    home_lon: t.float64(),
    // The last transaction; null before the first.
    prev_ts: t.timestamp("ms").nullable(),
    prev_ip: t.utf8().nullable(),
    prev_lat: t.float64().nullable(),
    prev_lon: t.float64().nullable(),
    // Amounts and times of the last day's transactions, the newest last.
    recent_amounts: t.list(t.float64()),
    recent_times: t.list(t.timestamp("ms")),
    amount_mean: t.float64().nullable(),
    amount_std: t.float64().nullable(),
  },
  eventTime: "updated_at",
});

/** What a nightly job knows of a merchant. */
export const merchants = featureGroup({
  name: "merchants",
  keys: { id: t.utf8() },
  features: {
    category: t.utf8(),
    amount_mean: t.float64().nullable(),
    // The part of its payments that were reported as fraud so far.
    fraud_rate: t.float64(),
  },
  eventTime: "updated_at",
});

export const view = defineFeatureView({
  name: "fraud",
  version: 1,
  groups: [cards, { group: merchants, keys: { id: "merchant_id" }, prefix: "merchant_" }],

  // Only the request knows these.
  requestParameters: {
    amount: t.float64(),
    ts: t.timestamp("ms"),
    ip: t.utf8(),
    lat: t.float64(),
    lon: t.float64(),
    entry: t.utf8(), // "chip", "contactless" or "online"
  },

  // Looked up to compute with, and never in the vector.
  helpers: ["prev_ts", "prev_ip", "prev_lat", "prev_lon"],

  // Known weeks later. It has a type because targetEncoder learns from it.
  labels: { is_fraud: t.bool() },

  // What happens when something is not there. While a store fails, the last that this process saw of a card or merchant
  // will do; for one it never saw, the service's fallback answers.
  policies: {
    ...Object.fromEntries(Object.keys(cards.features).map((name) => [name, { storeFailure: "lastKnown" }])),
    merchant_category: { missing: { statistic: "mode" }, storeFailure: "lastKnown" },
    merchant_amount_mean: { storeFailure: "lastKnown" },
    merchant_fraud_rate: { missing: { statistic: "mean" }, storeFailure: "lastKnown" },
    amount: { valid: { min: 0 } },
    lat: { valid: { min: -90, max: 90 } },
  },

  // Computed from the request and the looked-up values, before anything fitted.
  onDemand: ({ amount, ts, ip, lat, lon, prev_ts, prev_ip, prev_lat, prev_lon, home_lat, home_lon, recent_amounts, recent_times, amount_mean, amount_std, merchant_amount_mean }) => {
    const seconds_since = ts.diff(prev_ts, "second");
    const km_since = lat.haversine(lon, prev_lat, prev_lon).div(1000);
    // A /24 network: an address without its last eight bits.
    const subnet = ip.ipv4ToInt().floorDiv(256);
    const prev_subnet = prev_ip.ipv4ToInt().floorDiv(256);
    return {
      seconds_since,
      km_since,
      // How fast the card would have had to travel. A minute at least, so that a neighbouring shop is no rocket.
      kmh: km_since.div(greatest(seconds_since, 60).div(3600)),
      subnet_changed: subnet.ne(prev_subnet),
      km_from_home: lat.haversine(lon, home_lat, home_lon).div(1000),
      // Before this transaction.
      spent_1h: recent_amounts.window(recent_times, ts, "1h").sum(),
      spent_1d: recent_amounts.window(recent_times, ts, "1d").sum(),
      count_1h: recent_times.withinWindow(ts, "1h").count(),
      count_1d: recent_times.withinWindow(ts, "1d").count(),
      deviations: amount.sub(amount_mean).div(greatest(amount_std, 1)),
      times_merchant_mean: amount.div(merchant_amount_mean),
    };
  },

  // The vector, in this order.
  features: ({ amount, ts, entry, merchant_id, merchant_category, merchant_fraud_rate, is_fraud, ...computed }) => ({
    amount: amount.log1p().standardScaler(),
    deviations: computed.deviations,
    times_merchant_mean: computed.times_merchant_mean.log1p(),
    seconds_since: computed.seconds_since.log1p().standardScaler(),
    km_since: computed.km_since.log1p().standardScaler(),
    kmh: computed.kmh.log1p(),
    km_from_home: computed.km_from_home.log1p().standardScaler(),
    subnet_changed: computed.subnet_changed,
    spent_1h: computed.spent_1h.log1p(),
    spent_1d: computed.spent_1d.log1p(),
    count_1h: computed.count_1h,
    count_1d: computed.count_1d,
    // The hour as a point on a circle: 23:59 is near 00:01.
    hour_sin: ts.cyclicSin("day"),
    hour_cos: ts.cyclicCos("day"),
    weekend: ts.isWeekend(),
    entry: entry.frequencyEncoder(),
    merchant: merchant_id.targetEncoder({ target: is_fraud }),
    category: merchant_category.oneHotEncoder({ handleUnknown: "ignore" }),
    merchant_fraud_rate: merchant_fraud_rate,
  }),
});

export default view;
