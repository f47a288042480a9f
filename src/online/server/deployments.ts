import type { FastifyRequest } from "fastify";
import { DefinitionError, OnlineError, received } from "../../errors.js";
import type { JsonSchema } from "../view/schema.js";
import { HttpError } from "./http-error.js";
import type { ServedModel } from "./served-model.js";
import { Shadow } from "./shadow.js";
import { stickyKey, TrafficSplit } from "./traffic.js";

/** A model with several versions. */
export interface ModelVersions {
  readonly name: string;
  readonly versions: Readonly<Record<string, ServedModel>>;
  /** Version of requests that name none; the only one, or the one that `traffic` gives most, where it is left out. */
  readonly default?: string;
  /** Shares of requests that name no version, of any scale: `{ "1": 90, "2": 10 }`. */
  readonly traffic?: Readonly<Record<string, number>>;
  /** The serving key (or keys) that keeps a caller at one version; all serving keys by default. */
  readonly stickyBy?: string | readonly string[];
  /** Version that also scores requests that name no version; its answers are counted and logged, never returned. */
  readonly shadow?: string;
}

/** One version of a model, and what its routes need made once. */
export class Deployment {
  readonly model: string;
  readonly version: string;
  readonly service: ServedModel;
  readonly requestSchema: JsonSchema;
  /** Of every answer: `"model":{…},"view":{…}`. */
  readonly tail: string;
  /** Compiled when the first request comes. */
  #validate: ReturnType<FastifyRequest["compileValidationSchema"]> | undefined;

  constructor(model: string, version: string, service: ServedModel) {
    this.model = model;
    this.version = version;
    this.service = service;
    this.requestSchema = service.view.schema().request;
    const { view } = service;
    this.tail = `"model":${JSON.stringify({ name: model, version })},"view":${JSON.stringify({ name: view.name, version: String(view.version) })}`;
  }

  /**
   * A body by the deployment schema, as values. The schema decides; the view's own reader says better what is wrong. 400
   * with the path, which begins with `prefix`.
   */
  read(request: FastifyRequest, body: unknown, prefix: readonly (string | number)[] = []): unknown {
    const validate = (this.#validate ??= request.compileValidationSchema(this.requestSchema as Record<string, unknown>));
    const isValid = validate(body) === true;
    try {
      const values = this.service.view.parseRequest(body);
      if (isValid) return values;
    } catch (error) {
      throw prefix.length > 0 && error instanceof OnlineError ? error.with({ path: [...prefix, ...(error.path ?? [])] }) : error;
    }
    const first = validate.errors?.[0];
    throw new OnlineError("INVALID_REQUEST", `the request does not fit the schema: ${first?.message ?? "it is invalid"}`, { path: [...prefix, ...schemaPath(first)] });
  }
}

interface SchemaFailure {
  readonly instancePath: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** `/servingKeys/card_id` of JSON Pointer as a path; a missing property is the path's end. */
function schemaPath(failure: SchemaFailure | undefined): string[] {
  if (failure === undefined) return [];
  const path = failure.instancePath.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const name = failure.params?.["missingProperty"] ?? failure.params?.["additionalProperty"];
  return typeof name === "string" ? [...path, name] : path;
}

/** A model: its versions, and which of them answers. */
export class Model {
  readonly name: string;
  readonly versions: ReadonlyMap<string, Deployment>;
  readonly default: Deployment;
  readonly traffic: Readonly<Record<string, number>> | undefined;
  readonly shadow: Shadow | undefined;
  readonly #split: TrafficSplit | undefined;
  readonly #sticky: readonly string[];

  constructor({ name, versions, default: given, traffic, stickyBy, shadow }: ModelVersions) {
    const path = ["models", name];
    if (!isName(name)) throw bad(["models"], "a name of letters, digits, dots, dashes and underscores", name);
    if (typeof versions !== "object" || versions === null || Object.keys(versions).length === 0) throw bad([...path, "versions"], "services by version", versions);
    this.name = name;
    this.versions = new Map(
      Object.entries(versions).map(([version, service]) => {
        if (!isName(version)) throw bad([...path, "versions"], "versions of letters, digits, dots, dashes and underscores", version);
        if (!isServed(service)) throw bad([...path, "versions", version], "a service, as createPredictor returns", service);
        return [version, new Deployment(name, version, service)];
      }),
    );
    const known = (version: unknown, ...at: string[]): Deployment => {
      const found = typeof version === "string" ? this.versions.get(version) : undefined;
      if (found === undefined) throw bad([...path, ...at], `one of the versions ${[...this.versions.keys()].join(", ")}`, version);
      return found;
    };
    this.traffic = traffic === undefined ? undefined : checkTraffic(traffic, path, known);
    this.#split = traffic === undefined ? undefined : new TrafficSplit(name, traffic);
    const most = Object.entries(traffic ?? {}).sort(([, a], [, b]) => b - a)[0]?.[0];
    const only = this.versions.size === 1 ? [...this.versions.keys()][0] : undefined;
    this.default = known(given ?? most ?? only, "default");
    this.#sticky = checkSticky(stickyBy, this.default.service, path);
    this.shadow = shadow === undefined ? undefined : new Shadow(known(shadow, "shadow"));
  }

  /** The version of a request that names none; `otherwise` stands for the key where the body has none. */
  choose(body: unknown, otherwise: string): Deployment {
    if (this.#split === undefined) return this.default;
    return this.versions.get(this.#split.versionOf(stickyKey(body, this.#sticky) ?? otherwise)) as Deployment;
  }

  version(version: string): Deployment {
    const found = this.versions.get(version);
    if (found !== undefined) return found;
    throw new HttpError(404, "UNKNOWN_MODEL", `the model ${this.name} has no version ${shown(version)}`, "version");
  }
}

/** All models of a server by name. */
export class Models {
  readonly byName: ReadonlyMap<string, Model>;
  /** The first one: of requests that name no model. */
  readonly default: Model;

  constructor(given: unknown) {
    const models = modelsOf(given).map((model) => new Model(model));
    this.byName = new Map(models.map((model) => [model.name, model]));
    if (models.length > this.byName.size) throw bad(["models"], "each name once", models.map(({ name }) => name).join(", "));
    this.default = models[0] as Model;
  }

  get(name: string): Model {
    const found = this.byName.get(name);
    if (found !== undefined) return found;
    throw new HttpError(404, "UNKNOWN_MODEL", `there is no model ${shown(name)}`, "model");
  }

  /** Every version of every model. */
  get deployments(): Deployment[] {
    return [...this.byName.values()].flatMap((model) => [...model.versions.values()]);
  }

  /** Every service once. */
  get services(): ServedModel[] {
    return [...new Set(this.deployments.map(({ service }) => service))];
  }
}

/** One service, or a list of services and models. */
export type GivenModels = ServedModel | readonly (ServedModel | ModelVersions)[];

function modelsOf(given: unknown): ModelVersions[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0) throw bad(["models"], "at least one model", given);
  return list.map((one, i): ModelVersions => {
    if (isServed(one)) return { name: one.name, versions: { [one.version]: one } };
    if (typeof one !== "object" || one === null) throw bad(["models", i], "a service, or { name, versions }", one);
    for (const key of Object.keys(one)) {
      if (!["name", "versions", "default", "traffic", "stickyBy", "shadow"].includes(key)) throw bad(["models", i, key], "name, versions, default, traffic, stickyBy, shadow", key);
    }
    return one as ModelVersions;
  });
}

function isServed(value: unknown): value is ServedModel {
  if (typeof value !== "object" || value === null) return false;
  const { predict, stats, close, view } = value as Partial<Record<keyof ServedModel, unknown>>;
  return typeof predict === "function" && typeof stats === "function" && typeof close === "function" && typeof view === "object";
}

/** What a path's part may be: nothing that a URL, a label of metrics or a page must escape. */
function isName(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/.test(value);
}

function bad(path: readonly (string | number)[], expected: string, value: unknown): DefinitionError {
  return new DefinitionError("INVALID_PARAMETER", "createServer", { path, expected, actual: received(value) });
}

const shown = (name: string): string => JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);

function checkTraffic(traffic: Readonly<Record<string, number>>, path: readonly string[], known: (version: unknown, ...at: string[]) => Deployment): Readonly<Record<string, number>> {
  if (typeof traffic !== "object" || traffic === null) throw bad([...path, "traffic"], "weights by version", traffic);
  let total = 0;
  for (const [version, weight] of Object.entries(traffic)) {
    known(version, "traffic");
    if (typeof weight !== "number" || !(weight >= 0) || !Number.isFinite(weight)) throw bad([...path, "traffic", version], "a number from 0", weight);
    total += weight;
  }
  if (!(total > 0)) throw bad([...path, "traffic"], "weights of which one is above 0", traffic);
  return Object.freeze({ ...traffic });
}

function checkSticky(given: unknown, service: ServedModel, path: readonly string[]): readonly string[] {
  const { properties } = service.view.schema().request as { properties?: { servingKeys?: { properties?: object } } };
  const keys = Object.keys(properties?.servingKeys?.properties ?? {});
  if (given === undefined) return keys;
  const names: readonly unknown[] = Array.isArray(given) ? given : [given];
  for (const name of names) if (typeof name !== "string" || !keys.includes(name)) throw bad([...path, "stickyBy"], `serving keys: ${keys.join(", ")}`, name);
  return names as readonly string[];
}
