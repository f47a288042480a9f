import { createHash, timingSafeEqual } from "node:crypto";

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

/** The tokens that open the server, as digests: comparing them tells nothing of a token's length or first letters. */
export class Tokens {
  readonly #digests: readonly Buffer[];

  constructor(tokens: readonly string[]) {
    this.#digests = tokens.map(sha256);
  }

  /** Whether an Authorization header holds one: `Bearer <token>` or, where `basic`, `Basic` with it as the password. */
  accepts(header: string | undefined, basic: boolean): boolean {
    const given = credentials(header, basic);
    if (given === undefined) return false;
    const digest = sha256(given);
    let found = false;
    // All are compared, whichever fits.
    for (const own of this.#digests) found = timingSafeEqual(own, digest) || found;
    return found;
  }
}

function credentials(header: string | undefined, basic: boolean): string | undefined {
  if (header === undefined) return undefined;
  const space = header.indexOf(" ");
  const scheme = header.slice(0, Math.max(space, 0)).toLowerCase();
  const rest = header.slice(space + 1).trim();
  if (scheme === "bearer") return rest;
  if (scheme !== "basic" || !basic) return undefined;
  const text = Buffer.from(rest, "base64").toString("utf8");
  return text.slice(text.indexOf(":") + 1);
}
