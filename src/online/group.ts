import type { Inputs } from "../features/inputs.js";

/**
 * Precomputed features that are looked up together by one entity's keys: what one table of a feature store holds.
 * Names of features are the view's names for them.
 */
export interface FeatureGroup<K extends Inputs = Inputs, F extends Inputs = Inputs> {
  readonly name: string;
  /** Serving keys: int64, int32, utf8, bool or date. In this order they make the store's key. */
  readonly keys: K;
  readonly features: F;
  /** Column of the event time in tables that are materialized; rows with an older one never replace newer ones. */
  readonly eventTime?: string;
  /** Seconds after its event time (or after writing, without one) at which a row is gone. */
  readonly ttlSeconds?: number;
  /** Seconds after its event time from which a row's features count as late. */
  readonly maxAgeSeconds?: number;
}
