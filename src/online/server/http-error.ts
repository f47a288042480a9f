import { formatPath, SkewlessError } from "../../errors.js";

/** A refusal of the server itself, with its status. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly path?: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export interface HttpFailure {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly path?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

const RETRY = { "retry-after": "1" };

/** Statuses of errors that are the request's, the store's or the time's; anything else is ours, 500. */
const STATUSES: Readonly<Record<string, number>> = {
  INVALID_REQUEST: 400,
  WRONG_TYPE: 400,
  WRONG_SHAPE: 400,
  MISSING_INPUT: 400,
  NULL_INPUT: 400,
  UNKNOWN_MODEL: 404,
  // A request that is well formed, but whose values no answer can be computed from.
  MISSING_FEATURE: 422,
  INVALID_FEATURE: 422,
  LATE_FEATURE: 422,
  INTEGER_OVERFLOW: 422,
  DIVISION_BY_ZERO: 422,
  NOT_AN_INTEGER: 422,
  OUT_OF_RANGE: 422,
  INVALID_UTF8: 422,
  INVALID_TEXT: 422,
  TOO_LARGE: 422,
  UNKNOWN_CATEGORY: 422,
  OVERLOADED: 503,
  CLOSED: 503,
  LOG_FULL: 503,
  STORE_TIMEOUT: 503,
  STORE_UNAVAILABLE: 503,
  STORE_CORRUPT: 503,
  DEADLINE_EXCEEDED: 504,
  DEADLINE_TOO_SHORT: 504,
};

/** Codes of Fastify's own refusals. */
const FASTIFY: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "BODY_TOO_LARGE",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "UNSUPPORTED_MEDIA_TYPE",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "INVALID_REQUEST",
  FST_ERR_BAD_URL: "INVALID_URL",
  FST_ERR_MAX_PARAM_LENGTH: "INVALID_URL",
};

/** What a client is told of an error. Of an unexpected one only that it happened: its text may say too much. */
export function failureOf(error: unknown): HttpFailure {
  if (error instanceof HttpError) return error;
  // Also those of another copy of this package.
  if (error instanceof SkewlessError || (error instanceof Error && "what" in error && "code" in error)) {
    const { code, message, path } = error as SkewlessError;
    const status = STATUSES[code] ?? 500;
    if (status === 500) return internal(code);
    return { status, code, message, path: path === undefined || path.length === 0 ? undefined : formatPath(path), ...(status === 503 ? { headers: RETRY } : {}) };
  }
  const { statusCode, code, message } = (error ?? {}) as { statusCode?: unknown; code?: unknown; message?: unknown };
  if (typeof statusCode === "number" && statusCode >= 400 && statusCode < 500) {
    const own = typeof code === "string" ? FASTIFY[code] : undefined;
    return { status: statusCode, code: own ?? "INVALID_REQUEST", message: String(message) };
  }
  return internal("INTERNAL");
}

function internal(code: string): HttpFailure {
  return { status: 500, code, message: "the request could not be answered; the server's log says why" };
}

/** `{ error: { code, message, path } }`; for the Open Inference Protocol its own `{ error: message }`. */
export function failureBody({ code, message, path }: HttpFailure, url: string, requestId: string): string {
  if (isInferenceUrl(url)) return JSON.stringify({ error: message });
  return JSON.stringify({ error: { code, message, ...(path === undefined ? {} : { path }), requestId } });
}

export function isInferenceUrl(url: string): boolean {
  return url === "/v2" || url.startsWith("/v2/") || url.startsWith("/v2?");
}
