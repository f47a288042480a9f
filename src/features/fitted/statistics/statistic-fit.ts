import type { Accumulator, FitColumn, StateValue } from "../../transform.js";

/** What is counted of one column: mergeable, and resumable from what it saved. */
export interface Statistic {
  update(column: FitColumn): void;
  merge(other: this): void;
  save(): StateValue;
  restore(saved: StateValue): void;
}

/** An accumulator that gathers one statistic and makes its state of that. */
export abstract class StatisticFit<S extends Statistic, State> implements Accumulator<State> {
  protected abstract readonly statistic: S;

  update(column: FitColumn): void {
    this.statistic.update(column);
  }

  merge(other: this): void {
    this.statistic.merge(other.statistic);
  }

  save(): StateValue {
    return this.statistic.save();
  }

  restore(saved: StateValue): void {
    this.statistic.restore(saved);
  }

  abstract finish(): State;
}
