import type { FastifyServerOptions } from "fastify";
import { DefinitionError, received } from "../../errors.js";
import type { GivenModels } from "./deployments.js";

export interface ServerOptions {
  /** One service, or a list of services and `{ name, versions, … }`; the first is the default model. */
  readonly models: GivenModels;
  /** Bearer tokens; any of them opens all routes. Without tokens every route is open. */
  readonly tokens?: readonly string[];
  /** Bytes of a request's body; 1 MiB by default. More is 413. */
  readonly bodyLimit?: number;
  /** Requests of one body `{ instances: [...] }`; 1,000 by default. */
  readonly maxInstances?: number;
  /** Requests that are worked on at once; 256 by default. */
  readonly concurrency?: number;
  /** Requests that wait for their turn; 1,024 by default. More are 429. */
  readonly queue?: number;
  /** Event-loop delay at which new requests are 503, in milliseconds; 500 by default. */
  readonly maxLoopDelayMillis?: number;
  /** How long a request may take to arrive whole (408), and to wait for its turn (503); 10,000 by default. */
  readonly requestTimeoutMillis?: number;
  /** How long closing waits for requests that are worked on before their connections are cut; 10,000 by default. */
  readonly closeTimeoutMillis?: number;
  /** Whether closing the server closes its services; true by default. */
  readonly closeServices?: boolean;
  /** Whether `/metrics` is there, which needs prom-client; true by default. */
  readonly metrics?: boolean;
  /** Fastify's `logger`; false by default. */
  readonly logger?: NonNullable<FastifyServerOptions["logger"]>;
  /** Called with each error that the client is not told of (status 500). */
  readonly onError?: (error: unknown, requestId: string) => void;
}

export type CheckedOptions = Required<Omit<ServerOptions, "onError">> & Pick<ServerOptions, "onError">;

const DEFAULTS = {
  tokens: [],
  bodyLimit: 2 ** 20,
  maxInstances: 1000,
  concurrency: 256,
  queue: 1024,
  maxLoopDelayMillis: 500,
  requestTimeoutMillis: 10_000,
  closeTimeoutMillis: 10_000,
  closeServices: true,
  metrics: true,
  logger: false,
} as const;

const INTEGERS = {
  bodyLimit: [1, 2 ** 30],
  maxInstances: [1, 2 ** 24],
  concurrency: [1, 2 ** 20],
  queue: [0, 2 ** 20],
  maxLoopDelayMillis: [1, 2 ** 31 - 1],
  requestTimeoutMillis: [1, 2 ** 31 - 1],
  closeTimeoutMillis: [1, 2 ** 31 - 1],
} as const;

function bad(path: readonly (string | number)[], expected: string, value: unknown): DefinitionError {
  return new DefinitionError("INVALID_PARAMETER", "createServer", { path, expected, actual: received(value) });
}

/** Options with defaults. INVALID_PARAMETER with the option's path. */
export function checkOptions(given: ServerOptions): CheckedOptions {
  if (typeof given !== "object" || given === null) throw bad([], "options with models", given);
  for (const key of Object.keys(given)) {
    if (key !== "models" && key !== "onError" && !Object.hasOwn(DEFAULTS, key)) throw bad([key], ["models", ...Object.keys(DEFAULTS), "onError"].join(", "), (given as unknown as Record<string, unknown>)[key]);
  }
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as unknown as ServerOptions;
  const options: CheckedOptions = { ...DEFAULTS, ...defined };
  for (const [name, [least, most]] of Object.entries(INTEGERS) as [keyof typeof INTEGERS, readonly [number, number]][]) {
    const value = options[name];
    if (!Number.isInteger(value) || value < least || value > most) throw bad([name], `an integer from ${least} to ${most}`, value);
  }
  for (const name of ["closeServices", "metrics"] as const) if (typeof options[name] !== "boolean") throw bad([name], "a boolean", options[name]);
  if (options.onError !== undefined && typeof options.onError !== "function") throw bad(["onError"], "a function", options.onError);
  if (!Array.isArray(options.tokens)) throw bad(["tokens"], "a list of tokens", options.tokens);
  for (const [i, token] of (options.tokens as readonly unknown[]).entries()) {
    // As RFC 6750 writes them; the token itself is not for a message.
    if (typeof token !== "string" || !/^[A-Za-z0-9._~+/-]{8,}=*$/.test(token)) throw bad(["tokens", i], "a token of at least 8 letters, digits and ._~+/-", typeof token === "string" ? "another text" : token);
  }
  return options;
}
