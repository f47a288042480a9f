// The world of the example: cards, merchants, and two months of transactions, some of them fraudulent.
import { randomDraws } from "./random.mjs";

export const DAY = 86_400_000;
const HOUR = 3_600_000;
const MINUTE = 60_000;
export const START = Date.UTC(2026, 0, 5);
export const DAYS = 60;

const CITIES = [
  ["Oslo", 59.91, 10.75],
  ["Copenhagen", 55.68, 12.57],
  ["Hamburg", 53.55, 9.99],
  ["London", 51.51, -0.13],
  ["Paris", 48.86, 2.35],
  ["Madrid", 40.42, -3.7],
  ["Milan", 45.46, 9.19],
  ["Vienna", 48.21, 16.37],
  ["Warsaw", 52.23, 21.01],
  ["Athens", 37.98, 23.73],
];

/** How much is usually paid, how much that varies (as a factor), whether it is bought online, and the hours of business. */
const CATEGORIES = {
  grocery: { amount: 38, spread: 1.8, online: false, hours: [8, 21], weight: 6 },
  fuel: { amount: 55, spread: 1.4, online: false, hours: [6, 23], weight: 3 },
  restaurant: { amount: 32, spread: 1.9, online: false, hours: [11, 24], weight: 5 },
  clothing: { amount: 65, spread: 2, online: false, hours: [10, 20], weight: 2 },
  electronics: { amount: 190, spread: 2.6, online: false, hours: [10, 20], weight: 1 },
  jewellery: { amount: 260, spread: 2.5, online: false, hours: [10, 19], weight: 0.4 },
  travel: { amount: 240, spread: 2.3, online: true, hours: [7, 24], weight: 1 },
  digital: { amount: 9, spread: 2.2, online: true, hours: [7, 25], weight: 3 },
  shop: { amount: 48, spread: 2.2, online: true, hours: [7, 25], weight: 4 },
};

const cents = (amount) => Math.max(0.5, Math.round(amount * 100) / 100);
const degrees = (value) => Math.round(value * 1e4) / 1e4;

function makeMerchants(random, count) {
  const names = Object.keys(CATEGORIES);
  return Array.from({ length: count }, (_, i) => {
    // Every category in every city first, and then by weight.
    const category = i < names.length * CITIES.length ? names[i % names.length] : names.filter((name) => random.chance(CATEGORIES[name].weight / 6))[0] ?? "grocery";
    const [, lat, lon] = CITIES[Math.floor(i / names.length) % CITIES.length];
    return {
      id: `m${String(i).padStart(4, "0")}`,
      category,
      city: Math.floor(i / names.length) % CITIES.length,
      lat: degrees(lat + random.normal() * 0.05),
      lon: degrees(lon + random.normal() * 0.05),
      level: random.between(0.6, 1.6),
    };
  });
}

function makeCards(random, count, merchants) {
  return Array.from({ length: count }, (_, i) => {
    const city = random.whole(0, CITIES.length - 1);
    const near = merchants.filter((merchant) => merchant.city === city && !CATEGORIES[merchant.category].online);
    const online = merchants.filter((merchant) => CATEGORIES[merchant.category].online);
    return {
      id: 4_000_000 + i,
      city,
      lat: degrees(CITIES[city][1] + random.normal() * 0.1),
      lon: degrees(CITIES[city][2] + random.normal() * 0.1),
      subnet: `${random.whole(11, 99)}.${random.whole(0, 255)}.${random.whole(0, 255)}`,
      level: random.between(0.5, 2.2),
      perDay: random.between(0.3, 3.2),
      owl: random.chance(0.08), // buys at night
      favourites: [...Array.from({ length: 12 }, () => random.pick(near)), ...Array.from({ length: 5 }, () => random.pick(online))],
    };
  });
}

/** One transaction. `place` is where the terminal stands, or where the buyer's address is said to be. */
function transaction(random, card, merchant, ts, { amount, subnet = card.subnet, place, fraud = "" }) {
  const { online } = CATEGORIES[merchant.category];
  const { lat, lon } = place ?? (online ? card : merchant);
  return {
    card: card.id,
    merchant: merchant.id,
    ts: Math.floor(ts),
    amount: cents(amount),
    ip: `${subnet}.${random.whole(1, 254)}`,
    lat: degrees(lat + random.normal() * 0.004),
    lon: degrees(lon + random.normal() * 0.004),
    entry: online ? "online" : random.pick(["chip", "contactless", "contactless"]),
    fraud,
  };
}

function usualAmount(random, card, merchant) {
  const { amount, spread } = CATEGORIES[merchant.category];
  return amount * merchant.level * card.level * spread ** (random.normal() * 0.8);
}

const strangeSubnet = (random) => `${random.whole(100, 220)}.${random.whole(0, 255)}.${random.whole(0, 255)}`;

/** What a card's holder does: purchases at favourites by day, other networks now and then, a journey, a rare large purchase. */
function honestLife(random, card, merchants, days) {
  const out = [];
  const journey = random.chance(0.35) ? { from: random.whole(3, days - 5), nights: random.whole(2, 6), city: random.whole(0, CITIES.length - 1) } : undefined;
  for (let day = 0; day < days; day++) {
    const away = journey !== undefined && day >= journey.from && day < journey.from + journey.nights;
    const there = away ? merchants.filter((merchant) => merchant.city === journey.city && !CATEGORIES[merchant.category].online) : [];
    for (let left = card.perDay; left > 0; left--) {
      if (!random.chance(Math.min(1, left))) continue;
      const merchant = away && random.chance(0.8) ? random.pick(there) : random.chance(0.85) ? random.pick(card.favourites) : random.pick(merchants.filter((m) => m.city === card.city));
      const [open, close] = CATEGORIES[merchant.category].hours;
      const hour = card.owl && random.chance(0.4) ? random.between(22, 29) : random.between(open, close);
      // The first day away begins in the afternoon, after the flight.
      const ts = START + day * DAY + (away && day === journey.from ? Math.max(15, hour) : hour) * HOUR;
      const amount = usualAmount(random, card, merchant) * (random.chance(0.01) ? random.between(4, 9) : 1);
      const subnet = random.chance(0.15) ? strangeSubnet(random) : card.subnet;
      // Online the place is where the address is said to be: away, at home, or behind a tunnel anywhere.
      const seen = !CATEGORIES[merchant.category].online ? undefined : random.chance(0.04) ? random.whole(0, CITIES.length - 1) : away ? journey.city : undefined;
      const place = seen === undefined ? undefined : { lat: CITIES[seen][1], lon: CITIES[seen][2] };
      out.push(transaction(random, card, merchant, ts, { amount, subnet, place }));
      if (merchant.category !== "digital" || !random.chance(0.06)) continue;
      // A game asks for a little money again and again.
      for (let more = random.whole(2, 7), at = ts; more > 0; more--) {
        out.push(transaction(random, card, merchant, (at += random.between(0.5, 8) * MINUTE), { amount: random.between(0.5, 8), subnet, place }));
      }
    }
  }
  return out;
}

/** What thieves do. Each takes the card over for a while, from a moment on. */
const FRAUD = {
  // Many small online payments within minutes, to see whether the number works; then what it was all for.
  testing: (random, card, merchants, ts) => {
    const subnet = strangeSubnet(random);
    const digital = merchants.filter(({ category }) => category === "digital");
    const out = [];
    let at = ts;
    for (let i = random.whole(5, 14); i > 0; i--) {
      out.push(transaction(random, card, random.pick(digital), (at += random.between(0.2, 4) * MINUTE), { amount: random.between(0.5, 6), subnet, fraud: "testing" }));
    }
    const worth = merchants.filter(({ category }) => category === "travel" || category === "shop");
    for (let i = random.whole(1, 2); i > 0; i--) {
      out.push(transaction(random, card, random.pick(worth), (at += random.between(2, 30) * MINUTE), { amount: random.between(150, 900), subnet, fraud: "testing" }));
    }
    return out;
  },
  // A copied card is used in another city, soon after its holder paid at home.
  travel: (random, card, merchants, ts) => {
    const city = (card.city + random.whole(1, CITIES.length - 1)) % CITIES.length;
    const there = merchants.filter((m) => m.city === city && ["electronics", "jewellery", "fuel", "clothing"].includes(m.category));
    let at = ts;
    return Array.from({ length: random.whole(1, 4) }, () => {
      const merchant = random.pick(there);
      return transaction(random, card, merchant, (at += random.between(10, 80) * MINUTE), { amount: usualAmount(random, card, merchant) * random.between(0.8, 2), fraud: "travel" });
    });
  },
  // A few large online purchases while the holder sleeps.
  night: (random, card, merchants, ts) => {
    const subnet = strangeSubnet(random);
    const online = merchants.filter(({ category }) => CATEGORIES[category].online);
    let at = Math.floor(ts / DAY) * DAY + random.between(1, 4) * HOUR;
    return Array.from({ length: random.whole(1, 3) }, () => {
      const merchant = random.pick(online);
      return transaction(random, card, merchant, (at += random.between(3, 25) * MINUTE), { amount: usualAmount(random, card, merchant) * random.between(3, 12), subnet, fraud: "night" });
    });
  },
  // One purchase that looks like any other: no model finds it by these features.
  quiet: (random, card, merchants, ts) => {
    const merchant = random.pick(card.favourites);
    return [transaction(random, card, merchant, ts, { amount: usualAmount(random, card, merchant), fraud: "quiet" })];
  },
};
const PATTERNS = ["testing", "travel", "travel", "night", "night", "night", "quiet", "quiet", "quiet"];

/** `{ cards, merchants, transactions }`: the transactions of all cards in the order of their time. */
export function makeWorld({ seed = 2026, cards: cardCount = 1500, merchants: merchantCount = 360, days = DAYS } = {}) {
  const random = randomDraws(seed);
  const merchants = makeMerchants(random, merchantCount);
  const cards = makeCards(random, cardCount, merchants);
  const transactions = [];
  for (const card of cards) {
    const own = honestLife(random, card, merchants, days);
    while (random.chance(0.28)) {
      const { ts } = random.pick(own.length > 0 ? own : [{ ts: START + random.between(1, days) * DAY }]);
      own.push(...FRAUD[random.pick(PATTERNS)](random, card, merchants, ts + random.between(5, 50) * MINUTE));
    }
    transactions.push(...own);
  }
  transactions.sort((a, b) => a.ts - b.ts || a.card - b.card);
  // When the bank learned of it: the holder complains after 1 to 12 days.
  for (const [i, one] of transactions.entries()) {
    one.id = `tx-${i}`;
    one.reportedAt = one.ts + Math.floor(random.between(1, 12) * DAY);
  }
  return { cards, merchants, transactions };
}
