/** What the process ends with. */
export const EXIT = {
  ok: 0,
  /** `parity` found rows on which the modes differ. */
  difference: 1,
  /** A wrong command line, bad input, or a failure of any other kind. */
  failure: 2,
  interrupted: 130,
  terminated: 143,
} as const;
