// What is read out of texts: numbers, e-mail addresses, URLs and IP addresses.
import { asciiLower } from "./text.js";
import { define, text, textParam, type Family, type OracleFunction, type Value } from "./value.js";

function parseNumber(x: string): number | null {
  const trimmed = x.trim();
  if (/^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(trimmed)) return Number(trimmed);
  const word = /^([+-]?)(inf|infinity|nan)$/.exec(asciiLower(trimmed));
  if (word === null) return null;
  if (word[2] === "nan") return NaN;
  return word[1] === "-" ? -Infinity : Infinity;
}

function parseInt64(x: string): bigint | null {
  const match = /^([+-]?)([0-9]+)$/.exec(x.trim());
  if (match === null) return null;
  const size = BigInt(match[2] ?? "0");
  const value = match[1] === "-" ? -size : size;
  return BigInt.asIntN(64, value) === value ? value : null;
}

function emailDomain(x: string): string | null {
  const at = x.lastIndexOf("@");
  const domain = x.slice(at + 1);
  return at < 1 || domain === "" || /\s/.test(domain) ? null : asciiLower(domain);
}

interface Url {
  readonly host: string;
  readonly path: string;
}

function parseUrl(x: string): Url | null {
  const match = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#\\]*)([^?#]*)/.exec(x);
  if (match === null) return null;
  const [, authority = "", path = ""] = match;
  const location = authority.slice(authority.lastIndexOf("@") + 1);
  const colon = location.lastIndexOf(":");
  const host = colon > location.lastIndexOf("]") ? location.slice(0, colon) : location;
  // A bracket that opens the host has to be closed.
  if (host.startsWith("[") && !host.includes("]")) return null;
  return host === "" ? null : { host: asciiLower(host), path: path === "" ? "/" : path };
}

/** The 32 bits of a strict dotted quad. */
function ipv4(x: string): bigint | null {
  const parts = x.split(".");
  if (parts.length !== 4) return null;
  if (!parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255)) return null;
  return parts.reduce((value, part) => value * 256n + BigInt(part), 0n);
}

/** Groups of one side of "::", or null when one is malformed. Only the last may be a dotted quad. */
function ipv6Groups(side: string, last: boolean): readonly bigint[] | null {
  if (side === "") return [];
  const groups: bigint[] = [];
  const fields = side.split(":");
  for (const [i, field] of fields.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(field)) {
      groups.push(BigInt(`0x${field}`));
      continue;
    }
    const quad = last && i === fields.length - 1 ? ipv4(field) : null;
    if (quad === null) return null;
    groups.push(quad >> 16n, quad & 0xffffn);
  }
  return groups;
}

/** The 128 bits of an IPv6 address (RFC 4291, section 2.2). */
function ipv6(x: string): bigint | null {
  const sides = x.split("::");
  if (sides.length > 2) return null;
  const [first = "", second] = sides;
  const head = ipv6Groups(first, second === undefined);
  const tail = second === undefined ? [] : ipv6Groups(second, true);
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  // "::" stands for one group of zeros or more.
  if (second === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...new Array<bigint>(missing).fill(0n), ...tail];
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

interface Address {
  readonly width: bigint;
  readonly value: bigint;
}

function address(x: string): Address | null {
  const four = ipv4(x);
  if (four !== null) return { width: 32n, value: four };
  const six = ipv6(x);
  return six === null ? null : { width: 128n, value: six };
}

function ipInSubnet(x: string, cidr: string): boolean | null {
  const [base = "", length = ""] = cidr.split("/");
  const subnet = address(base);
  const member = address(x);
  if (subnet === null || !/^[0-9]+$/.test(length)) throw new RangeError(`not a subnet: ${cidr}`);
  if (member === null) return null;
  if (member.width !== subnet.width) return false;
  const ignored = subnet.width - BigInt(length);
  return member.value >> ignored === subnet.value >> ignored;
}

function map(f: (x: string) => Value, result = "utf8"): OracleFunction {
  return define(`utf8 -> ${result}`, ([x]) => f(text(x)));
}

export const parsing: Family = {
  parseNumber: map(parseNumber, "float64"),
  parseInt64: map(parseInt64, "int64"),
  emailDomain: map(emailDomain),
  urlHost: map((x) => parseUrl(x)?.host ?? null),
  urlPath: map((x) => parseUrl(x)?.path ?? null),
  ipv4ToInt: map(ipv4, "int64"),
  isIPv4: map((x) => ipv4(x) !== null, "bool"),
  isIPv6: map((x) => ipv6(x) !== null, "bool"),
  ipInSubnet: define("utf8 -> bool", ([x], params) => ipInSubnet(text(x), textParam(params, "cidr"))),
};
