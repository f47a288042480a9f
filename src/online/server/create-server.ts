import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { STATUS_CODES, type IncomingMessage } from "node:http";
import { join } from "node:path";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { packageRoot } from "../../native.js";
import { importPeer } from "../../peer.js";
import { Counters } from "./counters.js";
import { Models } from "./deployments.js";
import { Gate } from "./gate.js";
import { failureBody, failureOf, HttpError } from "./http-error.js";
import { parseJsonBody } from "./json-body.js";
import { LoopDelay } from "./loop-delay.js";
import { checkOptions, type CheckedOptions, type ServerOptions } from "./options.js";
import { addFeatureVector } from "./routes/feature-vector.js";
import { addInference } from "./routes/inference.js";
import { addMetrics } from "./routes/metrics.js";
import { addPages, BROWSER_ROUTES } from "./routes/pages.js";
import { addPredict } from "./routes/predict.js";
import type { ServerState } from "./server-state.js";
import { Tokens } from "./tokens.js";

/** A Fastify instance with every route: `listen`, `inject` and `close` are Fastify's. */
export type Server = FastifyInstance & {
  /** Answers `/v2/health/ready` with 503 and refuses new scoring requests, before `close()`: for load balancers to notice. */
  drain(): void;
};

const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;
const OPEN_ROUTES = ["/v2/health/live", "/v2/health/ready"];

/**
 * An HTTP server of predictor services: predictions, feature vectors, the Open Inference Protocol v2, metrics, OpenAPI,
 * and a status page. Closing it answers what is under way, and closes the services. INVALID_PARAMETER; MISSING_PEER
 * without fastify (or prom-client, where metrics are on).
 */
export async function createServer(given: ServerOptions): Promise<Server> {
  const options = checkOptions(given);
  const { fastify } = await importPeer("fastify", "the server", () => import("fastify"));
  const { concurrency, queue, requestTimeoutMillis } = options;
  const state: ServerState = {
    options,
    models: new Models(options.models),
    gate: new Gate({ concurrency, queue, waitMillis: requestTimeoutMillis }),
    counters: new Counters(),
    loopDelay: new LoopDelay(),
    version: packageVersion(),
    draining: false,
  };
  const fail = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => answerFailure(state, error, request, reply);
  const app = fastify({
    logger: options.logger,
    bodyLimit: options.bodyLimit,
    requestTimeout: requestTimeoutMillis,
    // Our own handlers refuse, in the form of all other refusals.
    return503OnClosing: false,
    genReqId,
    frameworkErrors: (error, request, reply) => void fail(error, request as unknown as FastifyRequest, reply as unknown as FastifyReply),
    clientErrorHandler,
    ajv: { customOptions: { allErrors: false, coerceTypes: false, removeAdditional: false, useDefaults: false, allowUnionTypes: true } },
    routerOptions: { maxParamLength: 100 },
  }) as unknown as FastifyInstance;
  app.setErrorHandler((error: FastifyError, request, reply) => fail(error, request, reply));
  app.setNotFoundHandler((request, reply) => fail(new HttpError(404, "NOT_FOUND", "there is no such route"), request, reply));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body: Buffer, done) => {
    try {
      done(null, parseJsonBody(body));
    } catch (error) {
      done(error as Error);
    }
  });
  if (options.tokens.length > 0) addTokens(app, options);
  try {
    addPredict(app, state);
    addFeatureVector(app, state);
    addInference(app, state);
    addPages(app, state);
    if (options.metrics) await addMetrics(app, state);
    addClosing(app, state);
    return app.decorate("drain", () => void (state.draining = true)) as unknown as Server;
  } catch (error) {
    state.loopDelay.stop();
    throw error;
  }
}

/** The caller's `x-request-id` where it is one, else a UUID. */
function genReqId(request: { readonly headers: IncomingMessage["headers"] }): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && REQUEST_ID.test(given) ? given : randomUUID();
}

function answerFailure({ counters, options }: ServerState, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const failure = failureOf(error);
  counters.fail(failure, request.id);
  if (failure.status >= 500) request.log.error({ err: error, requestId: request.id });
  if (failure.status === 500) {
    try {
      options.onError?.(error, request.id);
    } catch {
      // The caller's own; the answer must not fail by it.
    }
  }
  return reply
    .code(failure.status)
    .headers({ "content-type": "application/json; charset=utf-8", "x-request-id": request.id, ...failure.headers })
    .send(failureBody(failure, request.raw.url ?? "", request.id));
}

/** What is no HTTP (400), has too many headers (431) or does not arrive in time (408): there is no request to answer. */
function clientErrorHandler(error: NodeJS.ErrnoException, socket: import("node:net").Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy(error);
    return;
  }
  const status = error.code === "HPE_HEADER_OVERFLOW" ? 431 : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
  const text = STATUS_CODES[status] as string;
  const body = JSON.stringify({ error: { code: status === 408 ? "REQUEST_TIMEOUT" : status === 431 ? "HEADERS_TOO_LARGE" : "INVALID_REQUEST", message: text } });
  socket.end(`HTTP/1.1 ${status} ${text}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
}

function addTokens(app: FastifyInstance, options: CheckedOptions): void {
  const tokens = new Tokens(options.tokens);
  app.addHook("onRequest", (request, _reply, done) => {
    const [path = ""] = (request.raw.url ?? "").split("?", 1);
    if (OPEN_ROUTES.includes(path)) return done();
    const isPage = BROWSER_ROUTES.includes(path);
    if (tokens.accepts(request.headers.authorization, isPage)) return done();
    const challenge = isPage ? 'Bearer realm="skewless", Basic realm="skewless: the token is the password"' : 'Bearer realm="skewless"';
    done(new HttpError(401, "UNAUTHORIZED", "a bearer token is needed", undefined, { "www-authenticate": challenge }));
  });
}

function addClosing(app: FastifyInstance, state: ServerState): void {
  const { closeTimeoutMillis, closeServices } = state.options;
  let [cut, sweep]: (NodeJS.Timeout | undefined)[] = [];
  app.addHook("preClose", (done) => {
    state.draining = true;
    cut = setTimeout(() => app.server.closeAllConnections(), closeTimeoutMillis).unref();
    // Connections that are kept alive after their last answer would be waited for.
    sweep = setInterval(() => app.server.closeIdleConnections(), 25).unref();
    done();
  });
  // Fastify runs this when the last request is answered.
  app.addHook("onClose", async () => {
    clearTimeout(cut);
    clearInterval(sweep);
    state.loopDelay.stop();
    if (closeServices) await Promise.all(state.models.services.map((service) => service.close()));
  });
}

function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { readonly version: string }).version;
}
