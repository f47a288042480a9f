import type { ServiceRecorder } from "./statistics.js";

/** Counts requests that wait for something, so that a service can end when none is left. */
export class InFlight {
  readonly #recorder: ServiceRecorder;
  #onEmpty: (() => void) | undefined;

  constructor(recorder: ServiceRecorder) {
    this.#recorder = recorder;
  }

  enter(): void {
    this.#recorder.inFlight++;
  }

  leave(): void {
    if (--this.#recorder.inFlight === 0) this.#onEmpty?.();
  }

  /** Resolves when there is none; no new ones may begin. */
  drained(): Promise<void> {
    if (this.#recorder.inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => (this.#onEmpty = resolve));
  }
}
