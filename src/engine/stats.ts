/** What an engine has done since it was made or reset. */
export interface ModeStats {
  /** Calls and rows that went this way. */
  readonly calls: number;
  readonly rows: number;
  /** Time in this mode. Lone rows are timed one call in 64, the rest is inferred: two clock readings cost as much as a small row. */
  readonly milliseconds: number;
}

export interface EngineStats {
  readonly row: ModeStats;
  readonly batch: ModeStats;
  /** Number of rows from which transform() uses batch mode; undefined until it was measured or set. */
  readonly crossover: number | undefined;
  /** Instruction set of the batch kernels. */
  readonly isa: string;
}

const SAMPLE_MASK = 63;

/** Counts one mode's calls cheaply. */
export class ModeCounter {
  #calls = 0;
  #rows = 0;
  #timed = 0;
  #loneCalls = 0;
  #loneTimed = 0;
  #loneSamples = 0;

  /** Whether to time this lone-row call; counts it. */
  beginLone(): boolean {
    this.#rows++;
    return (this.#loneCalls++ & SAMPLE_MASK) === 0;
  }
  endLone(milliseconds: number): void {
    this.#loneTimed += milliseconds;
    this.#loneSamples++;
  }
  add(rows: number, milliseconds: number): void {
    this.#calls++;
    this.#rows += rows;
    this.#timed += milliseconds;
  }
  snapshot(): ModeStats {
    const lone = this.#loneSamples === 0 ? 0 : (this.#loneTimed / this.#loneSamples) * this.#loneCalls;
    return { calls: this.#calls + this.#loneCalls, rows: this.#rows, milliseconds: this.#timed + lone };
  }
  reset(): void {
    this.#calls = this.#rows = this.#timed = this.#loneCalls = this.#loneTimed = this.#loneSamples = 0;
  }
}
