import { HttpError } from "./http-error.js";

export interface GateOptions {
  /** Requests that are worked on at once. */
  readonly concurrency: number;
  /** Requests that wait for their turn; more are refused with 429. */
  readonly queue: number;
  /** How long one may wait; then 503. */
  readonly waitMillis: number;
}

interface Waiter {
  readonly resolve: () => void;
  readonly timer: NodeJS.Timeout;
}

/** Bounds the requests that are worked on and those that wait, in the order of their arrival. */
export class Gate {
  readonly #options: GateOptions;
  /** In order of arrival. */
  readonly #waiting = new Set<Waiter>();
  #active = 0;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  get active(): number {
    return this.#active;
  }
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Undefined where the turn is now; then, or when the promise resolves, `leave` must follow. Throws 429 at a full queue. */
  enter(): Promise<void> | undefined {
    if (this.#active < this.#options.concurrency) {
      this.#active++;
      return undefined;
    }
    if (this.#waiting.size >= this.#options.queue) {
      throw new HttpError(429, "OVERLOADED", `${this.#active} requests are worked on and ${this.#waiting.size} wait`, undefined, { "retry-after": "1" });
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(waiter);
        reject(new HttpError(503, "OVERLOADED", `the request waited ${this.#options.waitMillis} ms for its turn`, undefined, { "retry-after": "1" }));
      }, this.#options.waitMillis);
      const waiter: Waiter = { resolve, timer };
      this.#waiting.add(waiter);
    });
  }

  leave(): void {
    for (const waiter of this.#waiting) {
      // The turn passes on; `active` stays.
      this.#waiting.delete(waiter);
      clearTimeout(waiter.timer);
      waiter.resolve();
      return;
    }
    this.#active--;
  }
}
