import type { Counters } from "./counters.js";
import type { Models } from "./deployments.js";
import type { Gate } from "./gate.js";
import type { LoopDelay } from "./loop-delay.js";
import type { CheckedOptions } from "./options.js";

/** What the routes of one server share. */
export interface ServerState {
  readonly options: CheckedOptions;
  readonly models: Models;
  readonly gate: Gate;
  readonly counters: Counters;
  readonly loopDelay: LoopDelay;
  /** Of this package. */
  readonly version: string;
  /** True from `drain()` or the begin of closing on. */
  draining: boolean;
}
