// The messages of an Arrow IPC stream. The Arrow library takes an end of input inside a message's head for
// the end of the table, so that a truncated stream would lose rows without a word; here every message must
// be whole.
import { Message } from "apache-arrow";
import type { Readable } from "node:stream";
import { verifyMessage } from "./arrow-metadata.js";
import { malformed, messageOf } from "./errors.js";

/** Bytes in exact portions from an input that comes in arbitrary ones. */
export class ByteSource {
  private readonly iterator: AsyncIterator<Uint8Array>;
  private parts: Uint8Array[] = [];
  private held = 0;
  private ended = false;
  /** Ends a read that waits for input which may never come. */
  private readonly abort = () => this.input.destroy();

  constructor(
    private readonly input: Readable,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.iterator = input[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    signal?.addEventListener("abort", this.abort);
  }

  /** The next bytes without taking them; fewer than `count` only at the end. */
  async peek(count: number): Promise<Uint8Array> {
    await this.fill(count);
    const joined = Buffer.concat(this.parts);
    this.parts = joined.length === 0 ? [] : [joined];
    return joined.subarray(0, count);
  }

  /** Takes `count` bytes into memory of their own; fewer only at the end. */
  async read(count: number): Promise<Uint8Array> {
    await this.fill(count);
    const taken = new Uint8Array(Math.min(count, this.held));
    let at = 0;
    while (at < taken.length) {
      const part = this.parts[0];
      if (part === undefined) break;
      const used = part.subarray(0, taken.length - at);
      taken.set(used, at);
      at += used.length;
      if (used.length === part.length) this.parts.shift();
      else this.parts[0] = part.subarray(used.length);
    }
    this.held -= taken.length;
    return taken;
  }

  /** All that is left. */
  async *rest(): AsyncGenerator<Uint8Array> {
    yield* this.parts;
    this.parts = [];
    while (!this.ended) {
      const { done, value } = await this.iterator.next();
      if (done === true) break;
      yield value;
    }
  }

  close(): void {
    this.parts = [];
    this.signal?.removeEventListener("abort", this.abort);
    this.input.destroy();
  }

  private async fill(count: number): Promise<void> {
    while (this.held < count && !this.ended) {
      const { done, value } = await this.iterator.next();
      if (done === true) {
        this.ended = true;
      } else {
        this.parts.push(value);
        this.held += value.length;
      }
    }
  }
}

const greatestMetadata = 2 ** 28;

/** The stream's bytes, a message's head, metadata and body at a time, each checked to be complete. */
export async function* wholeMessages(path: string, source: ByteSource): AsyncGenerator<Uint8Array> {
  const truncated = (part: string) =>
    malformed(path, `the Arrow stream is truncated: it ends inside a message's ${part}`);
  for (;;) {
    let head = await source.read(4);
    if (head.length === 0) return;
    if (head.length === 4 && int32(head) === -1) head = await source.read(4);
    if (head.length < 4) throw truncated("head");
    const length = int32(head);
    if (length === 0) return;
    if (length < 0 || length > greatestMetadata) {
      throw malformed(path, "this is neither an Arrow IPC file nor an Arrow IPC stream");
    }
    const metadata = await source.read(length);
    if (metadata.length < length) throw truncated("metadata");
    const bodyLength = bodyOf(path, metadata);
    const body = await source.read(bodyLength);
    if (body.length < bodyLength) throw truncated("body");
    yield Uint8Array.of(0xff, 0xff, 0xff, 0xff, head[0] ?? 0, head[1] ?? 0, head[2] ?? 0, head[3] ?? 0);
    yield metadata;
    if (bodyLength > 0) yield body;
  }
}

function bodyOf(path: string, metadata: Uint8Array): number {
  try {
    verifyMessage(metadata);
    const { bodyLength } = Message.decode(metadata);
    if (Number.isSafeInteger(bodyLength) && bodyLength >= 0) return bodyLength;
  } catch (error) {
    throw malformed(path, `malformed Arrow message: ${messageOf(error)}`, error);
  }
  throw malformed(path, "malformed Arrow message: its body has no valid length");
}

export function int32(bytes: Uint8Array, at = 0): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getInt32(at, true);
}
