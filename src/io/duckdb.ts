// The only file that loads DuckDB. The shapes below say what of it is used, so that the types of this package
// do not need the optional one.
import { createRequire } from "node:module";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TableError, malformed, messageOf } from "./errors.js";

declare const kind: unique symbol;
export interface VectorHandle {
  readonly [kind]: "vector";
}
export interface ChunkHandle {
  readonly [kind]: "chunk";
}
export interface TypeHandle {
  readonly [kind]: "type";
}

export interface Chunk {
  readonly chunk: ChunkHandle;
  readonly rowCount: number;
}

export interface ColumnType {
  readonly typeId: number;
  readonly alias?: string | undefined;
  toString(): string;
  toLogicalType(): { readonly logical_type: TypeHandle };
}

export interface Result {
  fetchChunk(): Promise<Chunk | null>;
}

export interface Statement {
  readonly columnCount: number;
  columnName(index: number): string;
  columnType(index: number): ColumnType;
  stream(): Promise<Result>;
  destroySync(): void;
}

export interface Appender {
  appendDataChunk(chunk: Chunk): void;
  flushSync(): void;
  closeSync(): void;
}

export interface Connection {
  run(sql: string): Promise<unknown>;
  runAndReadAll(sql: string): Promise<{ getRows(): unknown[][] }>;
  prepare(sql: string): Promise<Statement>;
  createAppender(table: string): Promise<Appender>;
  interrupt(): void;
  closeSync(): void;
}

interface Instance {
  connect(): Promise<Connection>;
  closeSync(): void;
}

interface Api {
  readonly DuckDBInstance: { create(path: string, options: Record<string, string>): Promise<Instance> };
  readonly DuckDBDataChunk: new (chunk: ChunkHandle) => Chunk;
}

/** The functions below the friendly interface: vectors as bytes. */
export interface Bindings {
  create_logical_type(type: number): TypeHandle;
  create_list_type(element: TypeHandle): TypeHandle;
  create_array_type(element: TypeHandle, size: number): TypeHandle;
  create_data_chunk(types: readonly TypeHandle[]): ChunkHandle;
  data_chunk_reset(chunk: ChunkHandle): void;
  data_chunk_set_size(chunk: ChunkHandle, size: number): void;
  data_chunk_get_vector(chunk: ChunkHandle, column: number): VectorHandle;
  vector_get_data(vector: VectorHandle, bytes: number): Uint8Array;
  vector_get_validity(vector: VectorHandle, bytes: number): Uint8Array | null | undefined;
  vector_ensure_validity_writable(vector: VectorHandle): void;
  vector_assign_string_element_len(vector: VectorHandle, index: number, data: Uint8Array): void;
  list_vector_get_child(vector: VectorHandle): VectorHandle;
  list_vector_get_size(vector: VectorHandle): number;
  list_vector_set_size(vector: VectorHandle, size: number): void;
  list_vector_reserve(vector: VectorHandle, size: number): void;
  array_vector_get_child(vector: VectorHandle): VectorHandle;
  copy_data_to_vector(
    vector: VectorHandle,
    offset: number,
    source: ArrayBufferLike,
    start: number,
    bytes: number,
  ): void;
  copy_data_to_vector_validity(
    vector: VectorHandle,
    offset: number,
    source: ArrayBufferLike,
    start: number,
    bytes: number,
  ): void;
  get_data_from_pointer(buffer: ArrayBufferLike, offset: number, bytes: number): Uint8Array;
  vector_size(): number;
}

export interface DuckDB {
  readonly api: Api;
  readonly bindings: Bindings;
}

/** DuckDB's type ids, as its C interface numbers them. */
export const TypeId = {
  BOOLEAN: 1,
  TINYINT: 2,
  SMALLINT: 3,
  INTEGER: 4,
  BIGINT: 5,
  UTINYINT: 6,
  USMALLINT: 7,
  UINTEGER: 8,
  UBIGINT: 9,
  FLOAT: 10,
  DOUBLE: 11,
  TIMESTAMP: 12,
  DATE: 13,
  VARCHAR: 17,
  BLOB: 18,
  DECIMAL: 19,
  TIMESTAMP_S: 20,
  TIMESTAMP_MS: 21,
  TIMESTAMP_NS: 22,
  ENUM: 23,
  LIST: 24,
  TIMESTAMP_TZ: 31,
  ARRAY: 33,
} as const;

const apiPackage: string = "@duckdb/node-api";
const bindingsPackage: string = "@duckdb/node-bindings";
let loading: Promise<DuckDB> | undefined;

/** Loads the optional DuckDB package once; `purpose` begins the error that is thrown when it is missing. */
export async function loadDuckDB(purpose: string): Promise<DuckDB> {
  loading ??= importDuckDB();
  try {
    return await loading;
  } catch (error) {
    loading = undefined;
    throw new TableError(
      "MISSING_PEER",
      `${purpose} needs the optional package ${apiPackage}; run \`npm install ${apiPackage}\` ` +
        `(loading it failed: ${messageOf(error).split("\n", 1)[0] ?? ""})`,
      { cause: error },
    );
  }
}

async function importDuckDB(): Promise<DuckDB> {
  const api = (await import(apiPackage)) as Api;
  // The bindings are a dependency of that package and need not be visible from here.
  const fromHere = createRequire(import.meta.url);
  const fromApi = createRequire(fromHere.resolve(apiPackage));
  return { api, bindings: fromApi(bindingsPackage) as Bindings };
}

export interface SessionOptions {
  readonly threads?: number | undefined;
  readonly memoryLimit?: string | undefined;
}

/** An in-memory database with one connection and a temporary directory that exists only when it is needed. */
export class Session {
  private closed = false;

  private constructor(
    readonly duckdb: DuckDB,
    readonly connection: Connection,
    private readonly instance: Instance,
    private readonly scratch: string,
  ) {}

  static async open(purpose: string, options: SessionOptions): Promise<Session> {
    const duckdb = await loadDuckDB(purpose);
    const scratch = await mkdtemp(join(tmpdir(), "skewless-"));
    try {
      // Fetching an extension because a query names an unknown function would be a surprise.
      const instance = await duckdb.api.DuckDBInstance.create(":memory:", {
        autoinstall_known_extensions: "false",
        autoload_known_extensions: "false",
        temp_directory: scratch,
        ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
        ...(options.memoryLimit === undefined ? {} : { memory_limit: options.memoryLimit }),
      });
      const connection = await instance.connect();
      // Times with a zone are written and read as UTC, whatever the machine's zone.
      await connection.run("SET TimeZone = 'UTC'");
      return new Session(duckdb, connection, instance, scratch);
    } catch (error) {
      await rm(scratch, { recursive: true, force: true });
      throw new TableError("INVALID_OPTION", `DuckDB cannot be started: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.connection.closeSync();
    this.instance.closeSync();
    await rm(this.scratch, { recursive: true, force: true });
  }
}

const dialectNotDetected = "not possible to automatically detect the CSV parsing dialect";

/**
 * DuckDB's message without the excerpt of our own SQL and the advice about DuckDB's options that follow
 * it.
 */
export function duckdbMessage(error: unknown): string {
  const message = messageOf(error);
  if (message.includes(dialectNotDetected)) {
    return "CSV Error: lines differ in their number of fields, a quote is not closed, or line ends are mixed";
  }
  const advice = message.search(/\n\s*(LINE \d|Possible |file = |Try setting |Column .* is being converted as )/);
  return (advice < 0 ? message : message.slice(0, advice)).trim();
}

/** A type's name in SQL; JSON is an alias that DuckDB's own text leaves out. */
export function typeName(type: ColumnType): string {
  if (type.alias === "JSON") return "JSON";
  if ("valueType" in type && type.typeId === TypeId.LIST)
    return `${typeName(type.valueType as ColumnType)}[]`;
  return type.toString();
}

/**
 * What a failure while rows are read means. With a predicate, errors of its arithmetic are the
 * predicate's.
 */
export function queryFailure(path: string, error: unknown, hasSql: boolean): TableError {
  if (error instanceof TableError) return error;
  const message = duckdbMessage(error);
  if (message.startsWith("Out of Memory")) {
    return new TableError("OUT_OF_MEMORY", `${path}: ${message}; raise \`memoryLimit\``, {
      path,
      cause: error,
    });
  }
  if (message.startsWith("IO Error") && /permission|is a directory/i.test(message)) {
    return new TableError("READ_FAILED", `${path}: ${message}`, { path, cause: error });
  }
  const ofQuery = /^(Conversion|Out of Range|Binder|Parser|Catalog|Not implemented) Error/.test(message);
  if (hasSql && ofQuery && !message.includes("CSV Error")) {
    return new TableError("INVALID_SQL", `${path}: ${message}`, { path, cause: error });
  }
  const hint = message.includes("CSV Error") ? "; `casts` sets a column's type" : "";
  return malformed(path, message + hint, error);
}
