// The 48 features of lib/row-features.mjs as an engineer would write them by hand for one service: no checks, no
// second implementation for training data.
const DAY = 86_400_000;
const HOUR = 3_600_000;

/** Instants at which Berlin's offset changes, and the offsets after them, from the rule: last Sundays at 01:00 UTC. */
const [CHANGES, OFFSETS] = (() => {
  const changes = [];
  const offsets = [];
  for (let year = 1996; year < 2060; year++) {
    for (const [month, offset] of [
      [2, 2 * HOUR],
      [9, HOUR],
    ]) {
      const last = new Date(Date.UTC(year, month, 31, 1));
      changes.push(last.getTime() - last.getUTCDay() * DAY);
      offsets.push(offset);
    }
  }
  return [Float64Array.from(changes), Int32Array.from(offsets)];
})();

function berlin(instant) {
  let low = 0;
  let high = CHANGES.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (CHANGES[middle] <= instant) low = middle + 1;
    else high = middle;
  }
  return instant + (low === 0 ? HOUR : OFFSETS[low - 1]);
}

const scratch = new Uint8Array(1024);
const encoder = new TextEncoder();

/** MurmurHash3_x86_32 of the text's UTF-8 bytes, seed 0, signed. */
function murmur3(text) {
  let bytes = scratch;
  let size = text.length;
  for (let i = 0; i < size; i++) {
    const c = text.charCodeAt(i);
    if (c > 127 || size > 1024) {
      bytes = encoder.encode(text);
      size = bytes.length;
      break;
    }
    bytes[i] = c;
  }
  let h = 0;
  let i = 0;
  for (; i + 4 <= size; i += 4) {
    let k = bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    k = Math.imul(k, 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    h ^= k;
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  let k = 0;
  const rest = size & 3;
  if (rest === 3) k ^= bytes[i + 2] << 16;
  if (rest >= 2) k ^= bytes[i + 1] << 8;
  if (rest >= 1) {
    k ^= bytes[i];
    k = Math.imul(k, 0xcc9e2d51);
    h ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  }
  h ^= size;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}

function bucket(text, buckets) {
  const h = murmur3(text) % buckets;
  return h < 0 ? h + buckets : h;
}

function codePoints(text) {
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c >= 0xd800 && c < 0xdc00) count--;
  }
  return count;
}

const clip = (x, low, high) => Math.min(Math.max(x, low), high);
const RADIANS = Math.PI / 180;

function haversine(lat1, lon1, lat2, lon2) {
  const s1 = Math.sin(((lat2 - lat1) * RADIANS) / 2);
  const s2 = Math.sin(((lon2 - lon1) * RADIANS) / 2);
  const a = s1 * s1 + Math.cos(lat1 * RADIANS) * Math.cos(lat2 * RADIANS) * s2 * s2;
  return 2 * 6371008.8 * Math.asin(Math.sqrt(Math.min(a, 1)));
}

/** Writes the 48 features of a row to `out` from `offset`. */
export function byHand(row, out, offset) {
  const { amount, balance, age, clicks, views, latitude, longitude, lastSeen, country, email, recent, profile } = row;
  let o = offset;
  out[o++] = Math.log1p(amount);
  out[o++] = (amount - 87.3) / 42.1;
  out[o++] = clip(amount, 0, 500) / 500;
  out[o++] = amount / (Math.abs(balance) + 1);
  out[o++] = (balance - 1520) / 830;
  out[o++] = (age - 18) / 82;
  out[o++] = age < 25 ? 1 : 0;
  out[o++] = age >= 65 ? 1 : 0;
  out[o++] = row.tenureDays / 365.25;
  out[o++] = clicks / (views + 1);
  out[o++] = Math.log1p(clicks);
  out[o++] = Math.sqrt(views);
  const expectedClicks = views * 0.03;
  out[o++] = (clicks - expectedClicks) / Math.sqrt(expectedClicks + 1);
  out[o++] = (row.temperature - 12) / 8;
  out[o++] = (clip(row.rating, 1, 5) - 1) / 4;
  out[o++] = Math.log1p(haversine(latitude, longitude, row.homeLatitude, row.homeLongitude) / 1000);
  out[o++] = Math.sin(latitude * RADIANS);
  out[o++] = Math.cos(longitude * RADIANS);

  const now = row.now.getTime();
  const local = berlin(now);
  const day = Math.floor(local / DAY);
  const dayTime = local - day * DAY;
  const weekday = (day + 3) % 7;
  const dayAngle = (2 * Math.PI * dayTime) / DAY;
  out[o++] = Math.sin(dayAngle);
  out[o++] = Math.cos(dayAngle);
  const weekAngle = (2 * Math.PI * (weekday * DAY + dayTime)) / (7 * DAY);
  out[o++] = Math.sin(weekAngle);
  out[o++] = Math.cos(weekAngle);
  const year = new Date(local).getUTCFullYear();
  const newYear = Date.UTC(year, 0, 1);
  out[o++] = Math.sin((2 * Math.PI * (local - newYear)) / (Date.UTC(year + 1, 0, 1) - newYear));
  const hour = Math.floor(dayTime / HOUR);
  out[o++] = hour;
  out[o++] = weekday >= 5 ? 1 : 0;
  out[o++] = hour < 6 ? 1 : 0;
  const idle = now - lastSeen;
  out[o++] = Math.log1p(clip(idle / 60_000, 0, 1e6));
  out[o++] = idle / HOUR < 24 ? 1 : 0;
  const lastLocal = berlin(lastSeen);
  out[o++] = Math.floor((lastLocal - Math.floor(lastLocal / DAY) * DAY) / HOUR);

  out[o++] = country === "DE" ? 1 : 0;
  out[o++] = country === "FR" ? 1 : 0;
  out[o++] = country === "GB" ? 1 : 0;
  out[o++] = country === "IN" ? 1 : 0;
  out[o++] = country === "US" ? 1 : 0;
  out[o++] = country === "BR" ? 1 : 0;
  const at = email.lastIndexOf("@");
  out[o++] = at > 0 && at + 1 < email.length ? bucket(email.slice(at + 1).toLowerCase(), 1024) : NaN;
  out[o++] = codePoints(email);
  out[o++] = email.endsWith(".com") ? 1 : 0;
  const device = row.device.toLowerCase();
  out[o++] = bucket(device, 64);
  out[o++] = device.includes("mobile") ? 1 : 0;
  const query = row.query.trim();
  out[o++] = codePoints(query);
  out[o++] = query === "" ? 0 : query.split(/\s+/).length;

  let dot = 0;
  let recentSquares = 0;
  let profileSquares = 0;
  let sum = 0;
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < recent.length; i++) {
    const x = recent[i];
    const y = profile[i];
    dot += x * y;
    recentSquares += x * x;
    profileSquares += y * y;
    sum += x;
    if (x < min) min = x;
    if (x > max) max = x;
  }
  out[o++] = dot;
  out[o++] = dot / Math.sqrt(recentSquares * profileSquares);
  const mean = sum / recent.length;
  out[o++] = mean;
  let deviations = 0;
  for (let i = 0; i < recent.length; i++) deviations += (recent[i] - mean) ** 2;
  out[o++] = Math.sqrt(deviations / recent.length);
  out[o++] = min;
  out[o++] = max;
}
