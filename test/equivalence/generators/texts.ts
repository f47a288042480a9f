// Texts: all well-formed, of code points that were assigned by Unicode 15.0 at the latest and whose case
// mappings have not changed since (U+019B, U+0264, U+A7D3 and U+A7D5 gained capitals later).
import { int64Trouble, float64Trouble } from "./numbers.js";
import type { Rng } from "./rng.js";

const words = [
  "a", "b", "ab", "abc", "cat", "dog", "night", "nacht", "kitten", "sitting", "MARTHA", "MARHTA", "DIXON",
  "DICKSONX",
  "the", "quick", "Brown", "FOX", "null", "NaN", "true", "0", "42", "x_y", "foo-bar", "Hello", "WORLD",
  "aaaa", "abab",
];

const unusual = [
  "é", "e\u0301", "É", "ß", "ẞ", "STRASSE", "Straße", "ŉ", "ǰ", "ΐ", "ﬁ", "ﬃ", "ﬅ", "և", "İ", "i̇", "ı",
  "I", "K", "Å", "Ω",
  "ΣΑΣ", "ΟΔΥΣΣΕΥΣ", "ΑΣ.Β", "ΑΣ\u0301", "\u0301Σ", "Σ", "ΑΣ'", "'Σ'", "ς", "σ", "Ά", "ᾳ", "ᾼ", "ᾷ", "ῼ",
  "Ǆ", "ǅ", "ǆ",
  "Ж", "жук", "Ա", "ა", "Ა", "Ꭰ", "ꭰ", "𐐀", "𐐨", "𞤀", "𞤢", "𝒜", "😀", "👩‍👩‍👧", "🇩🇪", "한글", "日本語", "ſ", "ʼn",
  "ﬀ",
  "\u0000", "\u0001", "\u007f", "\u0080", "\u07ff", "\u0800", "\ufffd", "\uffff", "\u{10000}",
  "\u{10ffff}", "\u00ad",
  "A\u0308", "\u0345", "Α\u0345", "ὈΔΥΣΣΕΎΣ", "ÿ", "Ÿ", "Ⅷ", "ⅷ", "Ⓐ", "ⓐ", "Ａ", "ａ", "\u1e9e", "\u03f4",
  "\u1fb3",
];

export const whitespace = [
  " ", "  ", "\t", "\n", "\r\n", "\v", "\f", "\u00a0", "\u1680", "\u2000", "\u2003", "\u200a", "\u2028",
  "\u2029", "\u202f",
  "\u205f", "\u3000", "\ufeff",
];

/** Look like space and are not. */
const almostWhitespace = ["\u0085", "\u180e", "\u200b", "\u2060", "\u001c", "\u001f", "\u0008", "\u000e"];

const ranges: readonly (readonly [number, number])[] = [
  [0x20, 0x7e], [0xa0, 0x17f], [0x180, 0x19a], [0x19c, 0x24f], [0x370, 0x377], [0x388, 0x38a],
  [0x391, 0x3a1],
  [0x3a3, 0x3ff], [0x400, 0x52f], [0x531, 0x556], [0x561, 0x587], [0x10d0, 0x10fa], [0x13a0, 0x13f5],
  [0x1e00, 0x1eff],
  [0x1f00, 0x1f15], [0x1f80, 0x1fb4], [0x2160, 0x2183], [0x24b6, 0x24e9], [0x2c80, 0x2ce3],
  [0xa640, 0xa66d],
  [0xab70, 0xabbf], [0x10400, 0x1044f], [0x118a0, 0x118df], [0x1e900, 0x1e943], [0x300, 0x36f],
  [0x1f600, 0x1f64f],
  [0x4e00, 0x4eff],
];

function anyCodePoint(rng: Rng): string {
  const [low, high] = rng.pick(ranges);
  return String.fromCodePoint(rng.int(low, high));
}

export function word(rng: Rng): string {
  return rng.chance(0.6) ? rng.pick(words) : rng.pick(unusual);
}

export function space(rng: Rng): string {
  return rng.chance(0.85) ? rng.pick(whitespace) : rng.pick(almostWhitespace);
}

/** Words between spaces, with spaces around. */
export function sentence(rng: Rng): string {
  const middle = rng.many(rng.int(0, 8), () => word(rng) + (rng.chance(0.8) ? space(rng) : "")).join("");
  return (rng.chance(0.3) ? space(rng) + space(rng) : "") + middle + (rng.chance(0.3) ? space(rng) : "");
}

/** Of few letters, so that searches, distances and sets find something. */
export function fewLetters(rng: Rng): string {
  const letters = Array.from(rng.pick(["ab", "ab ", "aé😀", "ACGT", ",ab,"]));
  return rng.many(rng.int(0, 12), () => rng.pick(letters)).join("");
}

function numericText(rng: Rng): string {
  return rng.choose(
    () => String(float64Trouble(rng)),
    () => String(int64Trouble(rng)),
    () => rng.float().toFixed(rng.int(0, 20)),
  );
}

function longText(rng: Rng): string {
  const piece = rng.chance(0.5) ? word(rng) : rng.many(7, () => anyCodePoint(rng)).join("");
  const count = Math.floor(rng.int(60, 400) / Math.max(1, piece.length));
  return piece.repeat(Math.max(1, count)) + word(rng);
}

export function textTrouble(rng: Rng): string {
  return rng.choose(
    () => rng.pick(["", "", " ", "a", "A", "é", "😀", "ß"]),
    () => word(rng),
    () => word(rng) + word(rng),
    () => sentence(rng),
    () => fewLetters(rng),
    () => rng.many(rng.int(1, 10), () => anyCodePoint(rng)).join(""),
    () => rng.many(rng.int(1, 6), () => rng.pick(unusual)).join(rng.chance(0.3) ? " " : ""),
    () => rng.many(rng.int(0, 40), () => String.fromCharCode(rng.int(0x20, 0x7e))).join(""),
    () => numericText(rng),
    () => rng.choose(() => email(rng), () => url(rng), () => ipv4(rng), () => ipv6(rng)),
    () => (rng.chance(0.3) ? longText(rng) : sentence(rng) + sentence(rng)),
  );
}

/** The same text with a few code points inserted, dropped, exchanged or replaced. */
export function mutated(rng: Rng, x: string): string {
  const points = Array.from(x);
  for (let edits = rng.int(0, 3); edits > 0; edits--) {
    const at = rng.int(0, points.length);
    rng.choose(
      () => points.splice(at, 0, word(rng)),
      () => points.splice(at, 1),
      () => points.splice(at, 1, anyCodePoint(rng)),
      () => points.splice(at, 2, ...points.slice(at, at + 2).reverse()),
    );
  }
  return points.join("");
}

/** Some stretch of a text's code points. */
export function stretch(rng: Rng, x: string): string {
  const points = Array.from(x);
  const start = rng.int(0, points.length);
  const end = rng.choose(() => start + rng.int(0, 3), () => rng.int(start, points.length));
  return points.slice(start, end).join("");
}

function label(rng: Rng): string {
  const usual = ["example", "Example", "mail", "www", "a", "x-1", "localhost", "EXAMPLE"];
  return rng.chance(0.8) ? rng.pick(usual) : word(rng);
}

function hostName(rng: Rng): string {
  return rng.choose(
    () => rng.many(rng.int(1, 3), () => label(rng)).join(".") + rng.pick([".com", ".ORG", ".co.uk", ""]),
    () => ipv4(rng),
    () => `[${ipv6(rng)}]`,
  );
}

/** The usual choice, and one time in so many something else. */
function usually(rng: Rng, usual: readonly string[], rare: readonly string[]): string {
  return rng.pick(rng.chance(0.12) ? rare : usual);
}

export function email(rng: Rng): string {
  const local = usually(rng, ["user", "First.Last", "a+b"], ["", "\"q @ q\"", "ü", "x@y", " "]);
  const at = usually(rng, ["@"], ["@@", " @ ", ""]);
  const hosts = [`${label(rng)}.com`, label(rng), "EXAMPLE.Com", "é.FR"];
  const host = usually(rng, hosts, ["", " ", "a b.c", "b.c\u00a0", "."]);
  return local + at + host;
}

const urlEnds = [
  "", "/", "/a/b", "/a?q=1#f", "?q", "#f", "\\p", "/a:b@c", "//x", "/%20 é", "/?", "/a#b?c", "\\?", "/é/😀",
];

export function url(rng: Rng): string {
  const schemes = ["http", "https", "HTTP", "ftp", "a+b-c.d", "x"];
  const scheme = usually(rng, schemes, ["1http", "", "ht tp", "é", "a_b", "-a"]);
  const slashes = usually(rng, ["://"], [":", ":/", "//", "", ":///"]);
  const user = usually(rng, ["", "", "user@", "user:pw@"], ["a@b@", ":@", "@", "u[x]@"]);
  const port = usually(rng, ["", "", ":80", ":8080"], [":", ":x", ":1:2"]);
  const host = rng.chance(0.95) ? hostName(rng) : "";
  return (rng.chance(0.03) ? " " : "") + scheme + slashes + user + host + port + rng.pick(urlEnds);
}

const badParts = ["256", "00", "01", "", "-1", "+1", "1e1", " 1", "0x1", "999", "1000", "١"];

export function ipv4(rng: Rng): string {
  const part = (): string =>
    rng.chance(0.95) ? String(rng.int(0, 255)) : rng.pick(badParts);
  const count = rng.chance(0.95) ? 4 : rng.int(1, 5);
  const quad = rng.many(count, part).join(".");
  if (rng.chance(0.97)) return quad;
  return rng.pick([" ", ".", "", "\n"]) + quad + rng.pick([" ", ".", "", "\n", "\u0000"]);
}

const ipv6Shapes = [
  "::", "::1", ":::", "1::", "::ffff:1.2.3.4", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", ":", "",
  "fe80::1%eth0",
  "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "::1.2.3",
  "1.2.3.4::",
  "[::1]", "1:2:3:4:5:6:7::8", "1::2:3:4:5:6:7:8", "1.2.3.4:1:2:3:4:5:6", "::00001", "::1.2.3.4:5",
  "::1.2.3.04",
];

export function ipv6(rng: Rng): string {
  const rare = ["", "00000", "g", "0", "0001", "ABCD", "fFfF", " 1"];
  const group = (): string => (rng.chance(0.96) ? rng.int(0, 0xffff).toString(16) : rng.pick(rare));
  const whole = (count: number): string => rng.many(count, group).join(":");
  const quadTail = (count: number): string => (count > 0 ? `${whole(count)}:` : "") + ipv4(rng);
  return rng.choose(
    () => whole(8),
    () => `${whole(rng.int(0, 4))}::${whole(rng.int(0, 4))}`,
    () => rng.pick(ipv6Shapes),
    () => quadTail(rng.chance(0.8) ? 6 : rng.int(4, 7)),
    () => `${whole(rng.int(0, 3))}::${quadTail(rng.int(0, 3))}`,
    () => whole(rng.int(6, 9)),
  );
}

const numberShapes = [
  "", "-", "+", ".", "1.", ".5", "-.5", "+1", "1e5", "1E5", "1e", "1e+", "1e-5", "e5", ".e1", "1.e1",
  "0x10", "1_000", "1,5",
  "inf", "Inf", "-infinity", "+INFINITY", "infin", "nan", "-NaN", "+nan", "NANA", "1e400", "-1e400",
  "1e-400", "-1e-400",
  "9007199254740993", "0.1", "00012", "1 2", "١", "１", "1f", "--1", "+-1", "2.2250738585072011e-308",
  "1e99999999999999999999",
  "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
  "+9223372036854775807", "0", "-0",
  "000000000000000000000000000001", "2.47032822920623272088e-324", "8.98846567431158e307",
  "179769313486231580793e289",
];

/** Texts that are numbers, nearly numbers, and numbers between spaces. */
export function numberText(rng: Rng): string {
  const digits = (most: number): string => rng.many(rng.int(0, most), () => String(rng.int(0, 9))).join("");
  const number = rng.choose(
    () => rng.pick(numberShapes),
    () => numericText(rng),
    () => rng.pick(["", "-", "+"]) + digits(25),
    () => `${rng.pick(["", "-"])}${digits(30)}.${digits(30)}${rng.pick(["", "", `e${rng.int(-330, 330)}`])}`,
    () => mutated(rng, numericText(rng)),
  );
  return rng.chance(0.25) ? space(rng) + number + space(rng) : number;
}
