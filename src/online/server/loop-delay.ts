const PERIOD = 50;

/**
 * How late timers fire: the time that work already accepted keeps the event loop from new work. The measure falls by
 * half with each sample on time, so that one long task does not shut the server for long.
 */
export class LoopDelay {
  #millis = 0;
  #due: number;
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#due = performance.now() + PERIOD;
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#millis = Math.max(now - this.#due, this.#millis / 2);
      this.#due = now + PERIOD;
    }, PERIOD);
    this.#timer.unref();
  }

  /** Milliseconds. */
  get millis(): number {
    return this.#millis;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
