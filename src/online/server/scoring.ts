import type { FastifyReply, FastifyRequest, RouteShorthandOptions } from "fastify";
import type { ScoringRoute } from "./counters.js";
import { HttpError } from "./http-error.js";
import type { ServerState } from "./server-state.js";

const JSON_TYPE = "application/json; charset=utf-8";

/** Refuses a request before its body is read, where the server drains or is late. */
export function scoringOptions(state: ServerState): RouteShorthandOptions {
  const { loopDelay, options } = state;
  return {
    onRequest(_request, _reply, done) {
      if (state.draining) done(new HttpError(503, "CLOSED", "the server is shutting down", undefined, { connection: "close", "retry-after": "1" }));
      else if (loopDelay.millis > options.maxLoopDelayMillis) {
        done(new HttpError(503, "OVERLOADED", `the event loop is ${Math.round(loopDelay.millis)} ms late`, undefined, { "retry-after": "1" }));
      } else done();
    },
  };
}

/** A handler that takes its turn at the gate, and counts; `work` gives the answer as JSON text. */
export function scoringHandler(state: ServerState, route: ScoringRoute, work: (request: FastifyRequest) => Promise<string>): (request: FastifyRequest, reply: FastifyReply) => Promise<string> {
  const { gate, counters } = state;
  return async (request, reply) => {
    const started = performance.now();
    const turn = gate.enter();
    if (turn !== undefined) await turn;
    try {
      // The client may have gone while its request waited.
      if (turn !== undefined && request.raw.socket.destroyed) throw new HttpError(499, "ABORTED", "the client went away");
      const body = await work(request);
      counters.answer(route, performance.now() - started);
      void reply.header("content-type", JSON_TYPE).header("x-request-id", request.id);
      if (state.draining) void reply.header("connection", "close");
      return body;
    } finally {
      gate.leave();
    }
  };
}

/** A flag of the query string; 400 where it is neither true nor false. */
export function flag(request: FastifyRequest, name: string): boolean | undefined {
  const value = (request.query as Readonly<Record<string, unknown>>)[name];
  if (value === undefined) return undefined;
  if (value === "true" || value === "") return true;
  if (value === "false") return false;
  throw new HttpError(400, "INVALID_REQUEST", "expected true or false", name);
}
