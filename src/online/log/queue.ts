import type { LogLayout } from "./layout.js";

/**
 * The queue's blocks as both threads see them. The writer fills one block at a time; the worker takes sealed ones in
 * their order, and reads the rows that a block has so far when it is time to flush.
 *
 *   FREE → FILLING → SEALED → TAKEN → FREE         SEALED → FREE (dropped as the oldest)
 *          FILLING → READING → FILLING             READING → READING_SEALED → SEALED (sealed while it was read)
 */
export const FREE = 0;
export const FILLING = 1;
export const SEALED = 2;
export const TAKEN = 3;
export const READING = 4;
export const READING_SEALED = 5;

/** Words of a block. */
const STATE = 0;
const ROWS = 1;
const DONE = 2;
const ORDER = 3;
const WORDS = 4;

/** Words after those of the blocks. */
const FREED = 0;
const WAITING = 1;
const ENDED = 2;
const GLOBALS = 4;

export const COUNTERS = ["written", "bytes", "segments", "flushes", "errors"] as const;
export type Counter = (typeof COUNTERS)[number];

export interface QueueMemory {
  readonly rows: SharedArrayBuffer;
  readonly heaps: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
}

export function queueMemory(layout: LogLayout): QueueMemory {
  return {
    rows: new SharedArrayBuffer(layout.blocks * layout.blockRows * layout.rowBytes),
    heaps: new SharedArrayBuffer(layout.blocks * layout.heapBytes),
    control: new SharedArrayBuffer((layout.blocks * WORDS + GLOBALS) * 4),
    counters: new SharedArrayBuffer(COUNTERS.length * 8),
  };
}

export class LogQueue {
  readonly memory: QueueMemory;
  readonly #blocks: number;
  readonly #control: Int32Array;
  readonly #globals: number;
  readonly #counters: BigInt64Array;

  constructor(layout: LogLayout, memory: QueueMemory) {
    this.memory = memory;
    this.#blocks = layout.blocks;
    this.#control = new Int32Array(memory.control);
    this.#globals = layout.blocks * WORDS;
    this.#counters = new BigInt64Array(memory.counters);
  }

  count(counter: Counter, by: number): void {
    Atomics.add(this.#counters, COUNTERS.indexOf(counter), BigInt(by));
  }

  counter(counter: Counter): number {
    return Number(Atomics.load(this.#counters, COUNTERS.indexOf(counter)));
  }

  rows(block: number): number {
    return Atomics.load(this.#control, block * WORDS + ROWS);
  }

  /** Shows the block's first `rows` rows to the worker. */
  publish(block: number, rows: number): void {
    Atomics.store(this.#control, block * WORDS + ROWS, rows);
  }

  // ---- the thread that appends

  /** A free block, now filling; -1 where there is none. */
  begin(order: number): number {
    for (let block = 0; block < this.#blocks; block++) {
      const at = block * WORDS;
      if (Atomics.load(this.#control, at + STATE) !== FREE) continue;
      Atomics.store(this.#control, at + ROWS, 0);
      Atomics.store(this.#control, at + DONE, 0);
      Atomics.store(this.#control, at + ORDER, order);
      Atomics.store(this.#control, at + STATE, FILLING);
      return block;
    }
    return -1;
  }

  seal(block: number): void {
    while (!this.#swap(block, FILLING, SEALED) && !this.#swap(block, READING, READING_SEALED));
  }

  /** Frees the oldest block that the worker has not taken: how many rows were lost, or -1 where there is none. */
  dropOldest(): number {
    for (;;) {
      const block = this.#oldest((state) => state === SEALED);
      if (block < 0) return -1;
      const lost = this.rows(block) - this.done(block);
      if (this.#swap(block, SEALED, FREE)) return lost;
    }
  }

  /** Changes with every block that the worker frees. */
  get freed(): number {
    return Atomics.load(this.#control, this.#globals + FREED);
  }

  /** Blocks this thread until a block was freed after `seen`, or the time is up. */
  waitFreed(seen: number, milliseconds: number): void {
    Atomics.wait(this.#control, this.#globals + FREED, seen, milliseconds);
  }

  /** Asks the worker for a message when it frees a block. */
  askForMessage(): void {
    Atomics.store(this.#control, this.#globals + WAITING, 1);
  }

  /** Blocks this thread until the worker has ended its work. */
  waitEnded(milliseconds: number): boolean {
    Atomics.wait(this.#control, this.#globals + ENDED, 0, milliseconds);
    return Atomics.load(this.#control, this.#globals + ENDED) !== 0;
  }

  // ---- the worker

  /** Rows of the block that were written. */
  done(block: number): number {
    return Atomics.load(this.#control, block * WORDS + DONE);
  }

  /**
   * The oldest block that has rows to write, held against being dropped; -1 where there is none. `partly`: also the
   * block that is filling.
   */
  take(partly: boolean): number {
    for (;;) {
      const block = this.#oldest((state, own) => state === SEALED || (state === FILLING && this.rows(own) > this.done(own)));
      if (block < 0) return -1;
      if (this.#swap(block, SEALED, TAKEN)) return block;
      if (!partly) return -1;
      if (this.#swap(block, FILLING, READING)) return block;
    }
  }

  /** Gives a block back, with `done` rows of it written. Whether the block is finished with. */
  release(block: number, done: number): boolean {
    Atomics.store(this.#control, block * WORDS + DONE, done);
    if (this.#swap(block, READING, FILLING)) return false;
    // A block that was sealed while it was read may have got rows more.
    if (this.#swap(block, READING_SEALED, SEALED)) return true;
    if (done < this.rows(block)) {
      this.#swap(block, TAKEN, SEALED);
      return false;
    }
    this.#swap(block, TAKEN, FREE);
    Atomics.add(this.#control, this.#globals + FREED, 1);
    Atomics.notify(this.#control, this.#globals + FREED);
    return true;
  }

  /** Whether a message was asked for since the last call. */
  get messageWanted(): boolean {
    return Atomics.exchange(this.#control, this.#globals + WAITING, 0) === 1;
  }

  end(): void {
    Atomics.store(this.#control, this.#globals + ENDED, 1);
    Atomics.notify(this.#control, this.#globals + ENDED);
  }

  #swap(block: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#control, block * WORDS + STATE, from, to) === from;
  }

  #oldest(wanted: (state: number, block: number) => boolean): number {
    let found = -1;
    let order = 0;
    for (let block = 0; block < this.#blocks; block++) {
      // The state first: a block's order is set before it is filling.
      if (!wanted(Atomics.load(this.#control, block * WORDS + STATE), block)) continue;
      const own = Atomics.load(this.#control, block * WORDS + ORDER);
      if (found >= 0 && ((own - order) | 0) >= 0) continue;
      found = block;
      order = own;
    }
    return found;
  }
}
