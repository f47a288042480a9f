import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OnlineError, type Server } from "../../src/index.js";
import { fitted, formula, get, HeldModel, make, post, request, serve } from "./server-support.js";

let app: Server;
beforeAll(async () => {
  app = await serve();
});
afterAll(() => app.close());

describe("predict", () => {
  test("answers with the model's prediction, the request's id and the versions", async () => {
    const vector = await post(app, "/v1/feature-vector", request());
    expect(vector.status).toBe(200);
    expect(vector.json["names"]).toEqual(fitted.names);
    const { status, json, headers } = await post(app, "/v1/predict", request(), { "x-request-id": "order-66" });
    expect(status).toBe(200);
    expect(json["prediction"]).toBeCloseTo(formula(vector.json["vector"] as number[]), 4);
    expect(json).toMatchObject({ requestId: "order-66", fallback: false, model: { name: "fraud", version: "1" }, view: { name: "fraud", version: "3" } });
    expect(headers["x-request-id"]).toBe("order-66");
  });

  test("makes an id where the header has none or a strange one", async () => {
    const ids = await Promise.all(["", "a b", "x".repeat(200)].map(async (id) => (await post(app, "/v1/predict", request(), { "x-request-id": id })).json["requestId"]));
    for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(ids).size).toBe(3);
  });

  test("finds the model by query and path, and its version", async () => {
    for (const url of ["/v1/predict?model=fraud", "/v1/models/fraud/predict", "/v1/models/fraud/versions/1/predict"]) expect((await post(app, url, request())).status).toBe(200);
    for (const [url, path] of [["/v1/predict?model=nope", "model"], ["/v1/models/nope/predict", "model"], ["/v1/models/fraud/versions/2/predict", "version"], ["/v1/models/__proto__/predict", "model"]] as const) {
      expect(await post(app, url, request())).toMatchObject({ status: 404, json: { error: { code: "UNKNOWN_MODEL", path } } });
    }
    expect((await post(app, "/v1/predict?model=a&model=b", request())).status).toBe(400);
  });

  test("gives sources where they are asked for", async () => {
    const { json } = await post(app, "/v1/predict?sources=true", request());
    expect(json["sources"]).toMatchObject({ card_id: "key", amount: "request", amount_mean: "lookedUp", distance: "passed", ratio: "computed" });
    expect((await post(app, "/v1/predict?sources=yes", request())).json["error"]).toMatchObject({ code: "INVALID_REQUEST", path: "sources" });
  });

  test("answers many, each in its place", async () => {
    const one = (await post(app, "/v1/predict", request(3))).json["prediction"];
    const { status, json } = await post(app, "/v1/predict", { instances: [request(3), request(4), request(9999)] });
    expect(status).toBe(200);
    const predictions = json["predictions"];
    expect(predictions[0]?.["prediction"]).toBe(one);
    expect(predictions[1]?.["prediction"]).not.toBe(one);
    // A card that no store knows, and no policy replaces.
    expect(predictions[2]?.["error"]).toMatchObject({ code: "MISSING_FEATURE" });
    expect((await post(app, "/v1/predict", { instances: [request(), { ...request(), servingKeys: { card_id: "x", place_id: "oslo" } }] })).json["error"]).toMatchObject({ code: "INVALID_REQUEST", path: "instances[1].servingKeys.card_id" });
    expect((await post(app, "/v1/predict", { instances: new Array(1001).fill(request()) })).status).toBe(413);
    expect((await post(app, "/v1/predict", { instances: {} })).json["error"]).toMatchObject({ path: "instances" });
    expect((await post(app, "/v1/predict", { instances: [], extra: 1 })).json["error"]).toMatchObject({ path: "extra" });
    expect((await post(app, "/v1/predict", { instances: [] })).json["predictions"]).toEqual([]);
  });

  test("gives untransformed features and helpers", async () => {
    const { json } = await post(app, "/v1/feature-vector?transformed=false&helpers=true&sources=true", request());
    expect(json["features"]).toMatchObject({ country: "NO", prev_at: 1_700_000_000_000, ratio: 42 / 17 });
    expect(json["sources"]).toMatchObject({ country: "lookedUp" });
  });

  test("an unknown error is told without its text", async () => {
    const held = new HeldModel(await make(), "1", 1);
    held.failure = new Error("password=hunter2");
    const seen: unknown[] = [];
    const own = await serve({ models: held, onError: (error) => seen.push(error) });
    const { status, text } = await post(own, "/v1/predict", request());
    expect(status).toBe(500);
    expect(text).not.toContain("hunter2");
    expect(seen).toEqual([held.failure]);
    for (const [code, expected] of [["STORE_TIMEOUT", 503], ["DEADLINE_TOO_SHORT", 504], ["MISSING_FEATURE", 422], ["CLOSED", 503], ["OVERLOADED", 503]] as const) {
      held.failure = new OnlineError(code, "as it happens");
      expect(await post(own, "/v1/predict", request())).toMatchObject({ status: expected, json: { error: { code } } });
    }
    await own.close();
    expect(held.isClosed).toBe(true);
  });
});

describe("hostile requests", () => {
  const good = request();
  const keys = good.servingKeys;
  const cases: readonly (readonly [name: string, payload: unknown, path: string | undefined])[] = [
    ["a wrong type", { ...good, servingKeys: { ...keys, card_id: true } }, "servingKeys.card_id"],
    ["a fraction for an integer", { ...good, servingKeys: { ...keys, card_id: 1.5 } }, "servingKeys.card_id"],
    ["an unsafe integer", { ...good, servingKeys: { ...keys, card_id: 2 ** 60 } }, "servingKeys.card_id"],
    ["a number as text", { ...good, requestParameters: { ...good.requestParameters, amount: "42" } }, "requestParameters.amount"],
    ["a missing key", { ...good, servingKeys: { card_id: 1 } }, "servingKeys.place_id"],
    ["a missing section", { servingKeys: keys }, "requestParameters"],
    ["an unknown section", { ...good, more: 1 }, "more"],
    ["an unknown field", { ...good, servingKeys: { ...keys, more: 1 } }, "servingKeys.more"],
    ["a field of Object", { ...good, servingKeys: { ...keys, constructor: 1 } }, "servingKeys.constructor"],
    ["a prototype", `{"__proto__":{"servingKeys":{}},"servingKeys":{"card_id":1,"place_id":"oslo"},"requestParameters":{"amount":1,"at":0}}`, "__proto__"],
    ["a deep prototype", `{"servingKeys":{"card_id":1,"place_id":"oslo","__proto__":{"x":1}},"requestParameters":{"amount":1,"at":0}}`, "servingKeys.__proto__"],
    ["null", "null", undefined],
    ["a list", "[]", undefined],
    ["a text", '"x"', undefined],
    ["a number beyond float64", `{"servingKeys":{"card_id":1,"place_id":"oslo"},"requestParameters":{"amount":1e999,"at":0}}`, "requestParameters.amount"],
    ["NaN", `{"servingKeys":{"card_id":1,"place_id":"oslo"},"requestParameters":{"amount":NaN,"at":0}}`, undefined],
    ["no JSON", "{", undefined],
    ["nothing", "", undefined],
    ["a list nested 100,000 deep", "[".repeat(100_000) + "]".repeat(100_000), undefined],
    ["a value nested 100,000 deep", `{"servingKeys":{"card_id":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)},"place_id":"oslo"},"requestParameters":{"amount":1,"at":0}}`, "servingKeys.card_id"],
  ];
  test.each(cases)("%s is 400", async (_name, payload, path) => {
    for (const url of ["/v1/predict", "/v1/feature-vector"]) {
      const { status, json } = await post(app, url, payload);
      expect(status).toBe(400);
      const error = json["error"] as { code: string; path?: string };
      expect(error.code).toBe("INVALID_REQUEST");
      if (path !== undefined) expect(error.path).toBe(path);
    }
    expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
  });

  test("huge bodies, other types of media, broken UTF-8, wrong methods and paths are refused", async () => {
    expect(await post(app, "/v1/predict", `"${"x".repeat(2 ** 20)}"`)).toMatchObject({ status: 413, json: { error: { code: "BODY_TOO_LARGE" } } });
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "x", "application/json-patch+json"]) {
      expect((await post(app, "/v1/predict", "{}", { "content-type": type })).status).toBe(415);
    }
    const bytes = Buffer.concat([Buffer.from('{"servingKeys":{"card_id":1,"place_id":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"},"requestParameters":{"amount":1,"at":0}}')]);
    const utf8 = await app.inject({ method: "POST", url: "/v1/predict", headers: { "content-type": "application/json" }, payload: bytes });
    expect(utf8.statusCode).toBe(400);
    expect(utf8.body).toContain("UTF-8");
    const paths = ["/../../etc/passwd", "/v1/models/..%2f..%2fetc%2fpasswd/predict", "/v1/models/%2e%2e/predict", "/v2/models/..%2f..%2fetc%2fpasswd", "/docs/../../package.json", "/v1/models/%00/predict", "/%zz", `/v1/models/${"x".repeat(5000)}/predict`];
    for (const url of paths) {
      for (const method of ["GET", "POST"] as const) {
        const { statusCode, body } = await app.inject({ method, url, headers: { "content-type": "application/json" }, payload: method === "POST" ? "{}" : undefined } as never);
        expect(statusCode).toBeGreaterThanOrEqual(400);
        expect(statusCode).toBeLessThan(500);
        expect(body).not.toContain("root:");
      }
    }
    for (const method of ["GET", "PUT", "DELETE", "PATCH"] as const) expect((await app.inject({ method, url: "/v1/predict" })).statusCode).toBe(404);
    expect((await app.inject({ method: "POST", url: "/v1/predict" })).statusCode).toBe(400);
  });

  test("the server still answers", async () => {
    expect((await post(app, "/v1/predict", request())).status).toBe(200);
  });
});

describe("tokens", () => {
  const tokens = ["first-token-1234", "second-token-5678"];
  test("open all routes; health needs none", async () => {
    const own = await serve({ tokens });
    for (const url of ["/v2/health/live", "/v2/health/ready", "/v2/health/live?x=1"]) expect((await get(own, url)).status).toBe(200);
    for (const url of ["/v2", "/v2/models/fraud", "/metrics", "/status", "/status.json", "/docs", "/openapi.json", "/nowhere", "/v2/health/live/", "/v2/health/other"]) {
      const { status, headers } = await get(own, url);
      expect([url, status]).toEqual([url, 401]);
      expect(headers["www-authenticate"]).toMatch(/^Bearer /);
    }
    for (const header of ["Bearer", "Bearer ", "Bearer first-token-123", "bearer first-token-12345", "Basic Zmlyc3QtdG9rZW4tMTIzNA==", `Basic ${Buffer.from(`x:${tokens[0]}`).toString("base64")}`, "first-token-1234"]) {
      expect((await post(own, "/v1/predict", request(), { authorization: header })).status).toBe(401);
    }
    for (const token of tokens) expect((await post(own, "/v1/predict", request(), { authorization: `Bearer ${token}` })).status).toBe(200);
    // A browser asks for the password of a page.
    const basic = `Basic ${Buffer.from(`:${tokens[1]}`).toString("base64")}`;
    expect((await get(own, "/status", { authorization: basic })).status).toBe(200);
    expect((await get(own, "/status")).headers["www-authenticate"]).toContain("Basic");
    await own.close();
  });

  test("weak tokens and unknown options are refused", async () => {
    const service = await make();
    for (const options of [{ tokens: [""] }, { tokens: ["short"] }, { tokens: ["with a space"] }, { tokens: "first-token-1234" as never }, { bodyLimit: 0 }, { concurrency: 1.5 }, { nothing: 1 } as never]) {
      await expect(serve({ models: service, ...(options as object) })).rejects.toMatchObject({ code: "INVALID_PARAMETER" });
    }
    for (const models of [[], {}, [{ name: "a/b", versions: { 1: service } }], [{ name: "a", versions: {} }], [{ name: "a", versions: { 1: service }, default: "2" }], [{ name: "a", versions: { 1: service }, traffic: { 2: 1 } }], [{ name: "a", versions: { 1: service }, traffic: { 1: 0 } }], [{ name: "a", versions: { 1: service }, stickyBy: "amount" }], [{ name: "a", versions: { 1: service }, shadow: "2" }], [service, service]]) {
      await expect(serve({ models: models as never })).rejects.toMatchObject({ code: "INVALID_PARAMETER" });
    }
    await service.close();
  });
});
