import Ajv from "ajv";
import Ajv2020 from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { defineFeatureView, featureGroup, t, type OnlineError } from "../../src/index.js";
import { TestStore } from "./view-support.js";

const group = featureGroup({
  name: "g",
  keys: { id: t.int64(), day: t.date32().nullable() },
  features: { a: t.float64(), tags: t.list(t.utf8()).nullable(), seen: t.timestamp("us").nullable() },
});
const view = defineFeatureView({
  name: "v",
  version: 2,
  groups: [group],
  passedFeatures: { a: "lookedUp", own: t.int64().nullable(), embedding: t.fixedSizeList(t.float32(), 2).nullable() },
  requestParameters: { amount: t.float64(), n: t.uint8().nullable(), at: t.timestamp("ms").nullable(), s: t.timestamp("s").nullable(), ns: t.timestamp("ns").nullable(), ok: t.bool().nullable(), text: t.utf8().nullable(), u: t.uint64().nullable() },
  policies: { a: { valid: { min: 0, max: 100 } }, text: { valid: { oneOf: ["x", "y"] } } },
  features: ({ a, amount }) => ({ a, amount }),
}).withoutFitting();
const { request: schema } = view.schema();
/** As drafts 2020-12 and 7 read the schema. */
const validators = [Ajv2020, Ajv].map((Validator) => new Validator.default({ strict: true }).compile(schema));

const store = new TestStore();
for (const [id, day] of [[1, undefined], [1, 19_000], [1n, 19_000n]]) store.set(group, { id, day }, { a: 3, tags: null, seen: null });
const online = view.connect({ store, policies: { a: { missing: { default: 7 } } } });

const good = { servingKeys: { id: 1, day: "2022-01-08" }, requestParameters: { amount: 2 } };

describe("a JSON request", () => {
  test.each<[string, string, unknown, unknown]>([
    ["requestParameters", "amount", 2, 2],
    ["requestParameters", "n", 255, 255],
    ["requestParameters", "n", null, null],
    ["requestParameters", "at", "2024-02-29T12:00:00.123+02:00", 1709200800123n],
    ["requestParameters", "at", "1969-12-31T23:59:59.999Z", -1n],
    ["requestParameters", "at", "0001-01-01T00:00:00Z", -62135596800000n],
    ["requestParameters", "at", 1709200800123, 1709200800123],
    ["requestParameters", "s", "2024-02-29t10:00:00z", 1709200800n],
    ["requestParameters", "s", "2024-02-29T10:00:00.000Z", 1709200800n],
    ["requestParameters", "ns", "2024-02-29T10:00:00.000000001-00:30", 1709202600000000001n],
    ["requestParameters", "ok", false, false],
    ["requestParameters", "text", "x", "x"],
    ["requestParameters", "u", "9223372036854775807", 9223372036854775807n],
    ["passedFeatures", "own", "-9223372036854775808", -9223372036854775808n],
    ["passedFeatures", "own", 9007199254740991, 9007199254740991],
    ["passedFeatures", "embedding", [1, null], [1, null]],
    ["passedFeatures", "a", 100, 100],
    ["servingKeys", "id", "12", 12n],
    ["servingKeys", "day", "2024-05-31", 19874n],
    ["servingKeys", "day", 19874, 19874],
  ])("%s.%s takes %j", (section, name, value, parsed) => {
    const body = { ...good, [section]: { ...(good as Record<string, object>)[section], [name]: value } };
    expect((view.parseRequest(body) as Record<string, Record<string, unknown>>)[section]?.[name]).toEqual(parsed);
    // The schema takes what is parsed.
    for (const validate of validators) expect(validate(body)).toBe(true);
  });

  test.each<[string, unknown, string]>([
    ["no object", [], ""],
    ["null", null, ""],
    ["text", "{}", ""],
    ["an unknown section", { ...good, features: {} }, "features"],
    ["a section that is no object", { ...good, servingKeys: [1] }, "servingKeys"],
    ["a section that is null", { ...good, passedFeatures: null }, "passedFeatures"],
    ["an unknown name", { ...good, requestParameters: { amount: 1, amuont: 2 } }, "requestParameters.amuont"],
    ["__proto__ beside the sections", JSON.parse('{"servingKeys":{"id":1},"__proto__":{"requestParameters":{"amount":1}}}'), "__proto__"],
    ["__proto__ in a section", JSON.parse('{"servingKeys":{"id":1},"requestParameters":{"amount":1,"__proto__":{"x":1}}}'), "requestParameters.__proto__"],
    ["constructor", { ...good, requestParameters: { amount: 1, constructor: 1 } }, "requestParameters.constructor"],
    ["text for a number", { ...good, requestParameters: { amount: "2" } }, "requestParameters.amount"],
    ["an object for a number", { ...good, requestParameters: { amount: { valueOf: 1 } } }, "requestParameters.amount"],
    ["a number for text", { ...good, requestParameters: { amount: 2, text: 1 } }, "requestParameters.text"],
    ["a fraction for an integer", { ...good, requestParameters: { amount: 2, n: 1.5 } }, "requestParameters.n"],
    ["an integer out of range", { ...good, requestParameters: { amount: 2, n: 256 } }, "requestParameters.n"],
    ["an integer that JSON cannot hold", { ...good, passedFeatures: { own: 2 ** 53 } }, "passedFeatures.own"],
    ["digits beyond int64", { ...good, passedFeatures: { own: "9223372036854775808" } }, "passedFeatures.own"],
    ["digits with space", { ...good, passedFeatures: { own: " 1" } }, "passedFeatures.own"],
    ["hexadecimal digits", { ...good, passedFeatures: { own: "0x10" } }, "passedFeatures.own"],
    ["a negative uint64", { ...good, requestParameters: { amount: 2, u: "-1" } }, "requestParameters.u"],
    ["text for a bool", { ...good, requestParameters: { amount: 2, ok: "true" } }, "requestParameters.ok"],
    ["a time without zone", { ...good, requestParameters: { amount: 2, at: "2024-02-29T12:00:00" } }, "requestParameters.at"],
    ["a day that there is not", { ...good, requestParameters: { amount: 2, at: "2023-02-29T12:00:00Z" } }, "requestParameters.at"],
    ["an hour that there is not", { ...good, requestParameters: { amount: 2, at: "2024-02-29T24:00:00Z" } }, "requestParameters.at"],
    ["a time between two ticks", { ...good, requestParameters: { amount: 2, at: "2024-02-29T12:00:00.0001Z" } }, "requestParameters.at"],
    ["a time out of 64 bits", { ...good, requestParameters: { amount: 2, ns: "9999-01-01T00:00:00Z" } }, "requestParameters.ns"],
    ["a month that there is not", { servingKeys: { id: 1, day: "2024-13-01" } }, "servingKeys.day"],
    ["a day of a short month", { servingKeys: { id: 1, day: "2024-02-30" } }, "servingKeys.day"],
    ["a list of another length", { ...good, passedFeatures: { embedding: [1] } }, "passedFeatures.embedding"],
    ["a list with text", { ...good, passedFeatures: { embedding: [1, "2"] } }, "passedFeatures.embedding[1]"],
    ["an infinite element", { ...good, passedFeatures: { embedding: [1, Infinity] } }, "passedFeatures.embedding[1]"],
    ["JSON's largest numbers", JSON.parse('{"requestParameters":{"amount":1e999}}'), "requestParameters.amount"],
  ])("%s is INVALID_REQUEST with the path", (_, body, path) => {
    let error: OnlineError | undefined;
    try {
      view.parseRequest(body);
    } catch (thrown) {
      error = thrown as OnlineError;
    }
    expect([error?.name, error?.code]).toEqual(["OnlineError", "INVALID_REQUEST"]);
    expect((error?.path ?? []).reduce<string>((text, part) => (typeof part === "number" ? `${text}[${part}]` : text === "" ? part : `${text}.${part}`), "")).toBe(path);
    // What a schema can say, it says too; it knows no calendar and no 64 bits.
    const beyond = /calendar|that there is not|two ticks|64 bits|short month|beyond int64|largest|infinite/.test(_);
    if (!beyond) for (const validate of validators) expect(validate(body)).toBe(false);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });

  test("with deep nesting and long names is refused at its top", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(() => view.parseRequest({ ...good, requestParameters: { amount: deep } })).toThrow(expect.objectContaining({ code: "INVALID_REQUEST" }));
    expect(() => view.parseRequest({ ...good, passedFeatures: { embedding: deep } })).toThrow(expect.objectContaining({ code: "INVALID_REQUEST" }));
    expect(() => view.parseRequest({ ["x".repeat(1e6)]: 1 })).toThrow(expect.objectContaining({ code: "INVALID_REQUEST" }));
  });

  test("goes through to a vector", async () => {
    expect([...(await online.getFeatureVector(view.parseRequest({ servingKeys: { id: "1", day: 19000 }, requestParameters: { amount: 2 } }) as never))]).toEqual([3, 2]);
  });
});

describe("a request in JavaScript", () => {
  test.each<[string, unknown, readonly (string | number)[]]>([
    ["nothing", undefined, []],
    ["an array", [], []],
    ["a key that is missing", { servingKeys: {}, requestParameters: { amount: 1 } }, ["servingKeys", "id"]],
    ["keys that are missing", { requestParameters: { amount: 1 } }, ["servingKeys", "id"]],
    ["a key of another type", { servingKeys: { id: "1" }, requestParameters: { amount: 1 } }, ["servingKeys", "id"]],
    ["a key with a fraction", { servingKeys: { id: 1.5 }, requestParameters: { amount: 1 } }, ["servingKeys", "id"]],
    ["a key beyond 64 bits", { servingKeys: { id: 2n ** 63n }, requestParameters: { amount: 1 } }, ["servingKeys", "id"]],
    ["a parameter that is missing", { servingKeys: { id: 1 } }, ["requestParameters", "amount"]],
    ["a parameter that is null", { servingKeys: { id: 1 }, requestParameters: { amount: null } }, ["requestParameters", "amount"]],
    ["NaN", { servingKeys: { id: 1 }, requestParameters: { amount: NaN } }, ["requestParameters", "amount"]],
    ["an infinity", { servingKeys: { id: 1 }, requestParameters: { amount: -Infinity } }, ["requestParameters", "amount"]],
    ["a list with NaN", { servingKeys: { id: 1 }, requestParameters: { amount: 1 }, passedFeatures: { embedding: [NaN, 1] } }, ["passedFeatures", "embedding"]],
    ["a lone surrogate", { servingKeys: { id: 1 }, requestParameters: { amount: 1, text: "\ud800" } }, ["requestParameters", "text"]],
    ["a value against a rule", { servingKeys: { id: 1 }, requestParameters: { amount: 1, text: "z" } }, ["requestParameters", "text"]],
    ["an overriding value against a rule", { servingKeys: { id: 1 }, requestParameters: { amount: 1 }, passedFeatures: { a: -1 } }, ["passedFeatures", "a"]],
    ["an unknown name", { servingKeys: { id: 1, constructor: 1 }, requestParameters: { amount: 1 } }, ["servingKeys", "constructor"]],
    ["an unknown section", { servingKeys: { id: 1 }, parameters: {} }, ["parameters"]],
    ["a section that is none", { servingKeys: 1 }, ["servingKeys"]],
    ["an invalid Date", { servingKeys: { id: 1 }, requestParameters: { amount: 1, at: new Date(NaN) } }, ["requestParameters", "at"]],
  ])("%s is INVALID_REQUEST with the path", async (_, body, path) => {
    await expect(online.getFeatureVector(body as never)).rejects.toMatchObject({ name: "OnlineError", code: "INVALID_REQUEST", path });
    await expect(online.getFeatureVectors([{ servingKeys: { id: 1 }, requestParameters: { amount: 1 } }, body as never])).rejects.toMatchObject({ code: "INVALID_REQUEST", path: [1, ...path] });
  });

  test("a key that is null is nobody's: nothing is looked up", async () => {
    const own = new TestStore();
    const connected = view.connect({ store: own, policies: { a: { missing: { default: 5 } } } });
    expect([...(await connected.getFeatureVector({ servingKeys: { id: 1, day: null }, requestParameters: { amount: 1 } }))]).toEqual([5, 1]);
    own.set(group, { id: 1, day: 2 }, { a: 9 });
    const many = await connected.getFeatureVectors([{ servingKeys: { id: 1 }, requestParameters: { amount: 1 } }, { servingKeys: { id: 1, day: 2 }, requestParameters: { amount: 1 } }]);
    expect(many.map((vector) => vector[0])).toEqual([5, 9]);
    expect(own.calls.at(-1)?.map(({ keys }) => keys)).toEqual([[{ id: 1, day: 2 }]]);
  });

  test("a failing store takes nothing from a null key", async () => {
    const own = new TestStore();
    own.failure = new Error("down");
    const connected = view.connect({ store: own, policies: { a: { missing: { default: 5 }, storeFailure: "error" } } });
    expect([...(await connected.getFeatureVector({ servingKeys: { id: 1 }, requestParameters: { amount: 1 } }))]).toEqual([5, 1]);
    await expect(connected.getFeatureVector({ servingKeys: { id: 1, day: 3 }, requestParameters: { amount: 1 } })).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  });

  test("is refused before anything is looked up, and is not read again after", async () => {
    const own = new TestStore(true);
    own.set(group, { id: 1, day: 2 }, { a: 9 });
    const connected = view.connect({ store: own });
    await expect(connected.getFeatureVector({ servingKeys: { id: 1, day: 2 }, requestParameters: { amount: NaN } })).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    expect(own.calls).toEqual([]);
    const request = { servingKeys: { id: 1, day: 2 }, requestParameters: { amount: 1 }, passedFeatures: { a: 3 } as { a?: number } };
    const [first, second] = [connected.getFeatureVector(request), connected.getFeatureVector({ ...request, passedFeatures: {} })];
    delete request.passedFeatures.a;
    request.servingKeys.id = 7;
    request.requestParameters.amount = 99;
    expect([...(await first)]).toEqual([3, 1]);
    expect([...(await second)]).toEqual([9, 1]);
  });

  test("many in flight do not mix", async () => {
    const own = new TestStore(true);
    for (let id = 0; id < 50; id += 2) own.set(group, { id, day: 1 }, { a: id });
    const connected = view.connect({ store: own, policies: { a: { missing: { default: 100 } } } });
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, id) => connected.retrieve({ servingKeys: { id, day: 1 }, requestParameters: { amount: id }, ...(id % 5 === 0 ? { passedFeatures: { a: id / 100 } } : {}) }, { sources: id % 3 !== 0 })),
    );
    for (const [id, { row, sources, fallbacks }] of answers.entries()) {
      const source = id % 5 === 0 ? "passed" : id % 2 === 0 ? "lookedUp" : "imputed: default";
      expect([id, row["a"], sources?.["a"], fallbacks]).toEqual([id, id % 5 === 0 ? id / 100 : id % 2 === 0 ? id : 100, id % 3 === 0 ? undefined : source, source === "imputed: default" ? 1 : 0]);
    }
  });

  test("names that every object inherits are no values", async () => {
    const odd = featureGroup({ name: "odd", keys: { toString: t.utf8() }, features: { constructor: t.float64().nullable() } });
    const inherited = defineFeatureView({ name: "v", version: 1, groups: [odd], requestParameters: { valueOf: t.float64().nullable() }, features: ({ constructor, valueOf }) => ({ constructor, valueOf }) });
    const own = new TestStore();
    own.set(odd, { toString: "k" }, { constructor: 4 });
    const connected = inherited.withoutFitting().connect({ store: own });
    expect([...(await connected.getFeatureVector({ servingKeys: { toString: "k" }, requestParameters: {} } as never))]).toEqual([4, NaN]);
    await expect(connected.getFeatureVector({ servingKeys: {} } as never)).rejects.toMatchObject({ code: "INVALID_REQUEST", path: ["servingKeys", "toString"] });
    own.set(odd, { toString: "k" }, {});
    expect([...(await connected.getFeatureVector({ servingKeys: { toString: "k" } } as never))]).toEqual([NaN, NaN]);
  });
});

describe("schemas", () => {
  test("say what is required, units and bounds", () => {
    expect(schema).toMatchObject({ type: "object", required: ["servingKeys", "requestParameters"], additionalProperties: false });
    const sections = schema["properties"] as Record<string, { required?: string[]; additionalProperties: boolean; properties: Record<string, Record<string, unknown>> }>;
    expect(sections["servingKeys"]?.required).toEqual(["id"]);
    expect(sections["passedFeatures"]?.required).toBeUndefined();
    expect(sections["requestParameters"]?.required).toEqual(["amount"]);
    expect(Object.values(sections).every(({ additionalProperties }) => !additionalProperties)).toBe(true);
    expect(sections["passedFeatures"]?.properties["a"]).toEqual({ description: "float64", type: "number", minimum: 0, maximum: 100 });
    expect(JSON.stringify(sections["requestParameters"]?.properties["ns"])).toContain("nanoseconds since 1970");
    expect(JSON.stringify(schema)).not.toContain("$schema");
  });
  test("of answers take answers", async () => {
    const { response, untransformed } = view.schema();
    const ajv = new Ajv2020.default({ strict: true });
    const request = { servingKeys: { id: 1, day: 19000 }, requestParameters: { amount: 2 } } as const;
    const { vector, sources } = await online.getFeatureVector(request, { sources: true });
    const body: unknown = JSON.parse(JSON.stringify({ names: online.names, vector: [...vector], sources }));
    expect(ajv.validate(response, body)).toBe(true);
    expect(ajv.validate(response, { names: online.names, vector: [1] })).toBe(false);
    const features = await online.getFeatureVector(request, { transformed: false });
    expect(ajv.validate(untransformed, JSON.parse(JSON.stringify({ features })))).toBe(true);
    expect(ajv.validate(untransformed, { features: { b: 1 } })).toBe(false);
  });
  test("a value that a policy replaces is not refused by the schema", () => {
    const lenient = defineFeatureView({ name: "v", version: 1, groups: [], requestParameters: { x: t.float64() }, policies: { x: { missing: { default: 0 }, invalid: { default: 0 } } }, features: ({ x }) => ({ x }) });
    const { request } = lenient.schema();
    expect(new Ajv2020.default({ strict: true }).validate(request, { requestParameters: { x: "bad" } })).toBe(true);
    expect(new Ajv2020.default({ strict: true }).validate(request, {})).toBe(true);
  });
  test("OpenAPI 3.1: every reference leads somewhere", () => {
    const document = view.openapi({ title: "V", servers: [{ url: "http://localhost:8080" }], paths: { "/v1/predict": { post: { requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/Request" } } } }, responses: {} } } } });
    expect(document).toMatchObject({ openapi: "3.1.0", info: { title: "V", version: "2" } });
    expect(Object.keys(document["paths"] as object)).toEqual(["/v1/feature-vector", "/v1/predict"]);
    const schemas = (document["components"] as { schemas: Record<string, object> }).schemas;
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1] as string);
    expect(refs.length).toBeGreaterThan(3);
    for (const ref of refs) expect(Object.keys(schemas)).toContain(ref);
    for (const own of Object.values(schemas)) expect(() => new Ajv2020.default({ strict: true }).compile(own)).not.toThrow();
  });
});
