import { defineFeatures, t } from "../../dist/index.js";
import { randomNumbers } from "./random.mjs";

const ZONE = "Europe/Berlin";
export const COUNTRIES = ["DE", "FR", "GB", "IN", "US", "BR"];

/** Features of a purchase as a fraud or ranking service would take them. */
export const features = defineFeatures({
  inputs: {
    amount: t.float64(),
    balance: t.float64(),
    age: t.float64(),
    tenureDays: t.float64(),
    clicks: t.float64(),
    views: t.float64(),
    latitude: t.float64(),
    longitude: t.float64(),
    homeLatitude: t.float64(),
    homeLongitude: t.float64(),
    temperature: t.float64(),
    rating: t.float64(),
    now: t.timestamp("ms"),
    lastSeen: t.timestamp("ms"),
    country: t.utf8(),
    email: t.utf8(),
    device: t.utf8(),
    query: t.utf8(),
    recent: t.list(t.float64()),
    profile: t.fixedSizeList(t.float64(), 16),
  },
  features: (row) => {
    const { amount, balance, age, clicks, views, latitude, longitude, now, country, recent, profile } = row;
    const expectedClicks = views.mul(0.03);
    const device = row.device.lower();
    const query = row.query.trim();
    return {
      amountLog: amount.log1p(),
      amountScaled: amount.standardize(87.3, 42.1),
      amountClipped: amount.clip(0, 500).div(500),
      amountToBalance: amount.div(balance.abs().add(1)),
      balanceScaled: balance.standardize(1520, 830),
      ageScaled: age.sub(18).div(82),
      isYoung: age.lt(25),
      isSenior: age.ge(65),
      tenureYears: row.tenureDays.div(365.25),
      clickRate: clicks.div(views.add(1)),
      clicksLog: clicks.log1p(),
      viewsRoot: views.sqrt(),
      clickSurprise: clicks.sub(expectedClicks).div(expectedClicks.add(1).sqrt()),
      temperatureScaled: row.temperature.standardize(12, 8),
      ratingScaled: row.rating.clip(1, 5).sub(1).div(4),
      distanceHome: latitude.haversine(longitude, row.homeLatitude, row.homeLongitude).div(1000).log1p(),
      latitudeSin: latitude.radians().sin(),
      longitudeCos: longitude.radians().cos(),
      daySin: now.cyclicSin("day", { zone: ZONE }),
      dayCos: now.cyclicCos("day", { zone: ZONE }),
      weekSin: now.cyclicSin("week", { zone: ZONE }),
      weekCos: now.cyclicCos("week", { zone: ZONE }),
      yearSin: now.cyclicSin("year", { zone: ZONE }),
      hour: now.hour({ zone: ZONE }),
      isWeekend: now.isWeekend({ zone: ZONE }),
      isNight: now.hour({ zone: ZONE }).lt(6),
      idleLog: now.diff(row.lastSeen, "minute").clip(0, 1e6).log1p(),
      seenToday: now.diff(row.lastSeen, "hour").lt(24),
      lastSeenHour: row.lastSeen.hour({ zone: ZONE }),
      ...Object.fromEntries(COUNTRIES.map((code) => [`country_${code}`, country.eq(code)])),
      domainBucket: row.email.emailDomain().murmurHash3().mod(1024n),
      emailLength: row.email.length(),
      emailIsCommercial: row.email.endsWith(".com"),
      deviceBucket: device.murmurHash3().mod(64n),
      deviceIsMobile: device.contains("mobile"),
      queryLength: query.length(),
      queryTokens: query.tokenCount(),
      match: recent.dot(profile),
      similarity: recent.cosineSimilarity(profile),
      recentMean: recent.mean(),
      recentStd: recent.std(0n),
      recentMin: recent.min(),
      recentMax: recent.max(),
    };
  },
});

export const WIDTH = 48;

const DOMAINS = ["example.com", "Mail.example.org", "university.edu", "firma.de", "shop.co.uk"];
const NAMES = ["anna.schmidt", "li", "jose.garcia+shop", "müller", "m.dupont42"];
const DEVICES = ["iPhone 15 Mobile Safari", "Windows Desktop", "Android Mobile Chrome", "Mac Desktop"];
const WORDS = ["running", "shoes", "größe", "42", "red", "winter", "jacket", "café", "table", "usb-c"];

/** Row objects, each with its own values, all of one shape. */
export function makeRows(count) {
  const random = randomNumbers(1);
  const below = (n) => Math.floor(random() * n);
  const pick = (list) => list[below(list.length)];
  return Array.from({ length: count }, () => {
    const now = Date.UTC(2020, 0, 1) + below(6 * 365 * 86_400_000);
    const views = below(400);
    const list = () => Array.from({ length: 16 }, () => random() * 10 - 2);
    const words = Array.from({ length: 1 + below(4) }, () => pick(WORDS));
    return {
      amount: random() * 300,
      balance: random() * 5000 - 500,
      age: 18 + below(70),
      tenureDays: below(4000),
      clicks: below(views + 1),
      views,
      latitude: random() * 120 - 60,
      longitude: random() * 340 - 170,
      homeLatitude: random() * 120 - 60,
      homeLongitude: random() * 340 - 170,
      temperature: random() * 45 - 10,
      rating: 1 + random() * 4,
      now: new Date(now),
      lastSeen: now - below(40 * 86_400_000),
      country: pick([...COUNTRIES, "NL", "JP"]),
      // Flat texts, as a parsed request has them, not ropes.
      ...JSON.parse(JSON.stringify({ email: `${pick(NAMES)}@${pick(DOMAINS)}`, device: pick(DEVICES), query: ` ${words.join(" ")} ` })),
      recent: list(),
      profile: list(),
    };
  });
}
