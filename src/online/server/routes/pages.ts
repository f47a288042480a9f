import type { FastifyInstance } from "fastify";
import { openApiDocument } from "../openapi.js";
import { docsPage } from "../pages/docs-page.js";
import type { Page } from "../pages/page.js";
import { statusPage } from "../pages/status-page.js";
import type { ServerState } from "../server-state.js";
import { serverStatus } from "../status.js";

/** Routes that a browser opens: they also take a token as the password of Basic authentication. */
export const BROWSER_ROUTES: readonly string[] = ["/status", "/status.json", "/docs", "/openapi.json", "/metrics"];

/** `GET /status`, `/status.json`, `/docs`, `/openapi.json`. */
export function addPages(app: FastifyInstance, state: ServerState): void {
  const page = (path: string, { html, headers }: Page): void => {
    app.get(path, (_request, reply) => reply.headers(headers).send(html));
  };
  page("/status", statusPage());
  page("/docs", docsPage());
  app.get("/status.json", (_request, reply) => {
    void reply.header("cache-control", "no-store");
    return serverStatus(state);
  });
  const document = JSON.stringify(openApiDocument(state));
  app.get("/openapi.json", (_request, reply) => {
    void reply.header("content-type", "application/json; charset=utf-8");
    return document;
  });
}
