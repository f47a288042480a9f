import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Server } from "../../src/index.js";
import { fitted, formula, get, make, post, request, serve } from "./server-support.js";

let app: Server;
beforeAll(async () => {
  app = await serve({ models: [{ name: "fraud", versions: { "1": await make(), "2": await make({ version: "2" }) }, default: "1" }], tokens: [], maxInstances: 50 });
});
afterAll(() => app.close());

const width = fitted.names.length;
const row = (seed: number): number[] => Array.from({ length: width }, (_, i) => Math.fround(Math.sin(seed * 31 + i)));
const infer = (body: unknown, url = "/v2/models/fraud/infer") => post(app, url, body);
const input = (more: object = {}) => ({ name: "x", shape: [2, width], datatype: "FP32", data: [...row(1), ...row(2)], ...more });

describe("Open Inference Protocol", () => {
  test("tells server, models and health", async () => {
    expect((await get(app, "/v2")).json).toMatchObject({ name: "skewless", extensions: [] });
    expect(await get(app, "/v2/health/live")).toMatchObject({ status: 200, json: { live: true } });
    expect(await get(app, "/v2/health/ready")).toMatchObject({ status: 200, json: { ready: true } });
    for (const url of ["/v2/models/fraud", "/v2/models/fraud/versions/2"]) {
      const { json } = await get(app, url);
      expect(json).toMatchObject({ name: "fraud", versions: ["1", "2"], inputs: [{ name: "x", datatype: "FP32", shape: [-1, width] }], outputs: [{ name: "y", datatype: "FP32", shape: [-1, 1] }] });
      expect(json.platform).toMatch(/^skewless_(compiled|onnxruntime)$/);
      expect(await get(app, `${url}/ready`)).toMatchObject({ status: 200, json: { name: "fraud", ready: true } });
    }
    for (const url of ["/v2/models/nope", "/v2/models/nope/ready", "/v2/models/fraud/versions/9", "/v2/models/fraud/versions/9/ready"]) {
      const { status, json } = await get(app, url);
      expect(status).toBe(404);
      expect(Object.keys(json)).toEqual(["error"]);
      expect(json.error).toMatch(/no (model|version)/);
    }
  });

  test("scores a matrix, flat or nested, and selects outputs", async () => {
    const expected = [formula(row(1)), formula(row(2))];
    for (const body of [{ id: "42", inputs: [input()] }, { id: "42", inputs: [input({ data: [row(1), row(2)] })], outputs: [{ name: "y" }] }, { id: "42", parameters: { any: 1 }, inputs: [input({ datatype: "FP64", parameters: {} })] }]) {
      const { status, json } = await infer(body);
      expect(status).toBe(200);
      expect(json).toMatchObject({ model_name: "fraud", model_version: "1", id: "42", outputs: [{ name: "y", datatype: "FP32", shape: [2, 1] }] });
      json.outputs[0].data.forEach((score: number, i: number) => expect(score).toBeCloseTo(expected[i] as number, 5));
    }
    expect((await infer({ inputs: [input()] }, "/v2/models/fraud/versions/2/infer")).json.model_version).toBe("2");
    expect((await infer({ inputs: [input()] })).json.id).toMatch(/^[0-9a-f-]{36}$/);
    // null is NaN, which a linear model makes its answer of; JSON has only null for it.
    expect((await infer({ inputs: [input({ shape: [1, width], data: [null, ...row(1).slice(1)] })] })).json.outputs[0].data).toEqual([null]);
    expect((await infer({ inputs: [input({ shape: [0, width], data: [] })] })).status).toBeLessThan(500);
  });

  test("takes columns of the view's fields as requests", async () => {
    const single = await Promise.all([3, 4].map((card) => post(app, "/v1/predict", request(card))));
    const columns = [
      { name: "card_id", shape: [2], datatype: "INT64", data: [3, "4"] },
      { name: "place_id", shape: [2, 1], datatype: "BYTES", data: ["oslo", "oslo"] },
      { name: "amount", shape: [2], datatype: "FP64", data: [42, 42] },
      { name: "at", shape: [2], datatype: "INT64", data: [1_700_000_900_000, 1_700_000_900_000] },
      { name: "distance", shape: [2], datatype: "FP64", data: [3, 3] },
    ];
    const { status, json } = await infer({ inputs: columns });
    expect(status).toBe(200);
    expect(json.outputs).toEqual([
      { name: "prediction", datatype: "FP64", shape: [2], data: single.map((one) => one.json.prediction) },
      { name: "fallback", datatype: "BOOL", shape: [2], data: [false, false] },
    ]);
    expect((await infer({ inputs: columns.slice(1) })).json.error).toContain("card_id");
    expect((await infer({ inputs: columns.with(2, { name: "amount", shape: [3], datatype: "FP64", data: [1, 2, 3] }) })).status).toBe(400);
    expect((await infer({ inputs: columns.map((one) => ({ ...one, shape: [51], data: new Array(51).fill(one.data[0]) })) })).status).toBe(413);
  });

  const bad: readonly (readonly [string, unknown, string])[] = [
    ["no object", [], "expected an object"],
    ["no inputs", {}, "inputs"],
    ["empty inputs", { inputs: [] }, "inputs"],
    ["an unknown field", { inputs: [input()], more: 1 }, "more"],
    ["a prototype", '{"inputs":[],"__proto__":{}}', "__proto__"],
    ["an id that is no text", { id: 1, inputs: [input()] }, "id"],
    ["another name", { inputs: [input({ name: "z" })] }, "inputs[0].name"],
    ["one name twice", { inputs: [input(), input()] }, "inputs[1].name"],
    ["a wrong shape", { inputs: [input({ shape: [1, 2 * width] })] }, "inputs[0].shape"],
    ["a negative size", { inputs: [input({ shape: [-1, width] })] }, "inputs[0].shape[0]"],
    ["a huge shape", { inputs: [input({ shape: [2 ** 52, width] })] }, "inputs[0].data"],
    ["too few data", { inputs: [input({ data: row(1) })] }, "inputs[0].data"],
    ["an unknown datatype", { inputs: [input({ datatype: "FP31" })] }, "inputs[0].datatype"],
    ["another datatype", { inputs: [input({ datatype: "INT64" })] }, "inputs[0].datatype"],
    ["a text among numbers", { inputs: [input({ data: ["1", ...row(1).slice(1), ...row(2)] })] }, "inputs[0].data[0]"],
    ["a number beyond float32", { inputs: [input({ data: [1e39, ...row(1).slice(1), ...row(2)] })] }, "inputs[0].data[0]"],
    ["uneven nesting", { inputs: [input({ data: [row(1), ...row(2)] })] }, "inputs[0].data"],
    ["too deep nesting", { inputs: [input({ data: [[row(1)], [row(2)]] })] }, "inputs[0].data"],
    ["lists of other sizes", { inputs: [input({ data: [row(1), row(2).slice(1)] })] }, "inputs[0].data"],
    ["an unknown output", { inputs: [input()], outputs: [{ name: "w" }] }, "outputs[0].name"],
    ["binary data", { inputs: [input({ parameters: { binary_data_size: 8 } })] }, "binary"],
    ["wrong parameters", { inputs: [input()], parameters: [] }, "parameters"],
  ];
  test.each(bad)("%s is 400 with the place", async (_name, body, place) => {
    const { status, json } = await infer(body);
    expect(status).toBe(400);
    expect(Object.keys(json)).toEqual(["error"]);
    expect(json.error).toContain(place);
  });
});

interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string; readonly tags: readonly string[]; readonly security?: unknown; readonly responses: Readonly<Record<string, { readonly content: object }>> }>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>>; readonly securitySchemes?: object };
  readonly security?: unknown;
}

describe("OpenAPI", () => {
  const asUrl = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

  test("has every route, every reference resolves, and answers fit their schemas", async () => {
    const document = (await get(app, "/openapi.json")).json as OpenApi;
    expect(document.openapi).toBe("3.1.0");
    const text = JSON.stringify(document);
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) expect(document.components.schemas).toHaveProperty([name as string]);
    const operations = Object.entries(document.paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ path, method, operation })));
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
    for (const { path, method } of operations) {
      const response = await app.inject({ method: method as "GET", url: asUrl(path), headers: { "content-type": "application/json" }, ...(method === "post" ? { payload: "{}" } : {}) });
      expect([path, response.statusCode === 404]).toEqual([path, false]);
    }
    const ajv = new Ajv2020({ strict: false });
    ajv.addSchema({ $id: "doc", components: document.components });
    const check = (name: string, value: unknown): void => {
      const validate = ajv.compile({ $ref: `doc#/components/schemas/${name}` });
      expect([name, validate(value), validate.errors]).toEqual([name, true, null]);
    };
    check("Request.fraud.1", request());
    check("Prediction", (await post(app, "/v1/predict?sources=true", request())).json);
    check("Predictions", (await post(app, "/v1/predict", { instances: [request(), request(9999)] })).json);
    check("FeatureVector", (await post(app, "/v1/feature-vector", request())).json);
    check("FeatureVector", (await post(app, "/v1/feature-vector?transformed=false", request())).json);
    check("Error", (await post(app, "/v1/predict", {})).json);
    check("InferenceRequest", { inputs: [input()] });
    check("InferenceResponse", (await infer({ inputs: [input()] })).json);
    check("InferenceError", (await infer({})).json);
    check("ServerMetadata", (await get(app, "/v2")).json);
    check("ModelMetadata", (await get(app, "/v2/models/fraud")).json);
    check("ServerReady", (await get(app, "/v2/health/ready")).json);
    check("ServerLive", (await get(app, "/v2/health/live")).json);
    check("ModelReady", (await get(app, "/v2/models/fraud/ready")).json);
  });

  test("says what needs a token", async () => {
    const own = await serve({ tokens: ["a-long-token-1"] });
    const document = (await get(own, "/openapi.json", { authorization: "Bearer a-long-token-1" })).json as OpenApi;
    expect(document.components.securitySchemes).toEqual({ bearer: { type: "http", scheme: "bearer" } });
    expect(document.security).toEqual([{ bearer: [] }]);
    expect(document.paths["/v2/health/live"]?.["get"]?.security).toEqual([]);
    expect(document.paths["/v1/predict"]?.["post"]?.responses).toHaveProperty("401");
    await own.close();
  });
});

test("metrics are Prometheus text of the server and of every version", async () => {
  await post(app, "/v1/predict", request());
  await post(app, "/v1/predict", {});
  const { text, headers } = await get(app, "/metrics");
  expect(headers["content-type"]).toContain("text/plain; version=0.0.4");
  for (const line of text.split("\n")) expect(line).toMatch(/^(#.*|[a-z_]+(\{([a-z]+="[^"\\]*",?)*\})? -?([0-9.e+-]+|NaN|\+Inf)|)$/);
  expect(text).toMatch(/skewless_http_answers_total\{route="predict"\} [1-9]/);
  expect(text).toMatch(/skewless_http_failures_total\{status="400"\} [1-9]/);
  for (const version of ["1", "2"]) expect(text).toMatch(new RegExp(`skewless_requests_total\\{model="fraud",version="${version}"\\} \\d`));
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  expect(new Set(names).size).toBe(names.length);
});

test("without metrics there is no route", async () => {
  const own = await serve({ metrics: false });
  expect((await get(own, "/metrics")).status).toBe(404);
  await own.close();
});
