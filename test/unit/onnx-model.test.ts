// The reader and writer of model files, and a model's metadata: nothing lost, nothing believed.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkModelFingerprint, defineFeatures, featuresFromModel, t } from "../../src/index.js";
import { fromOnnx } from "../../src/features/onnx/import/from-onnx.js";
import { externalReader } from "../../src/onnx/external.js";
import { readMetadata, withMetadata } from "../../src/onnx/metadata.js";
import { opsetVersion, readModel, writeModel } from "../../src/onnx/model.js";
import { DataType, type TensorProto } from "../../src/onnx/schema.js";
import { makeTensor, readTensor } from "../../src/onnx/tensor.js";
import { Rng } from "../equivalence/generators/index.js";
import { close, feedsOf, run } from "../reference/onnx/ort.js";

const folder = fileURLToPath(new URL("../reference/onnx/", import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith(".onnx"));
const bytesOf = (name: string): Uint8Array => readFileSync(join(folder, name));

/** A file of one length-delimited field after the other. */
function fields(...items: readonly (readonly [no: number, bytes: Uint8Array])[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const [no, bytes] of items) writer.tag(no, WireType.LengthDelimited).bytes(bytes);
  return writer.finish();
}
const GRAPH = 7;
const NODE = 1;
const INITIALIZER = 5;

describe("models", () => {
  test.each(files)("%s is the same after writing", (name) => {
    const model = readModel(bytesOf(name));
    expect(model.producerName).toBe("skl2onnx");
    expect(opsetVersion(model)).toBeGreaterThanOrEqual(10);
    expect(readModel(writeModel(model))).toEqual(model);
  });

  test("fields that this reader does not know are written again", () => {
    const functions = fields([1, new TextEncoder().encode("MyFunction")]);
    const writer = new BinaryWriter();
    writer.raw(bytesOf("binarizer.onnx"));
    writer.tag(25, WireType.LengthDelimited).bytes(functions);
    writer.tag(999, WireType.Varint).int64(-5n);
    writer.tag(1000, WireType.Bit64).double(1.5);
    const written = writeModel(readModel(writer.finish()));
    const again = readModel(written);
    expect(again.unknown?.length).toBe(3);
    expect(Buffer.from(written).includes(Buffer.from("MyFunction"))).toBe(true);
    expect(readModel(writeModel(again))).toEqual(again);
  });

  test("maps and sequences of outputs", () => {
    const output = readModel(bytesOf("pipeline.onnx")).graph.output?.[1];
    const map = output?.type?.sequenceType?.elemType?.mapType;
    expect(map?.keyType).toBe(DataType.INT64);
    expect(map?.valueType?.tensorType?.elemType).toBe(DataType.FLOAT);
  });
});

describe("truncated and hostile files", () => {
  test("every prefix of a model is refused or a smaller model, never a crash", () => {
    for (const name of ["column-transformer.onnx", "pipeline.onnx"]) {
      const bytes = bytesOf(name);
      let refused = 0;
      for (let length = 0; length < bytes.length; length++) {
        try {
          readModel(bytes.subarray(0, length));
        } catch (error) {
          expect(error).toMatchObject({ name: "OnnxError", code: "INVALID_ONNX" });
          refused++;
        }
      }
      // Only cuts between two fields of the outermost message leave a model.
      expect(refused).toBeGreaterThan(bytes.length - 60);
    }
  });

  test("random damage: an error with a code, or features", async () => {
    const rng = new Rng(42);
    for (let i = 0; i < 1500; i++) {
      const bytes = Uint8Array.from(bytesOf(rng.pick(files)));
      for (let k = rng.int(1, 6); k > 0; k--) bytes[rng.int(0, bytes.length - 1)] = rng.pick([0, 0x7f, 0x80, 0xff, rng.int(0, 255)]);
      try {
        (await fromOnnx(bytes)).toJSON();
      } catch (error) {
        expect((error as { code?: string }).code, (error as Error).stack).toMatch(/^(INVALID_ONNX|UNSUPPORTED_ONNX)$/);
      }
    }
  });

  const claims = (length: number): Uint8Array => {
    const writer = new BinaryWriter();
    writer.tag(GRAPH, WireType.LengthDelimited).uint32(length);
    return writer.finish();
  };
  const tensorGraph = (tensor: Uint8Array): Uint8Array => fields([GRAPH, fields([INITIALIZER, tensor])]);

  test.each([
    ["nothing", new Uint8Array(0)],
    ["no graph", fields([2, new Uint8Array([65])])],
    ["text", new TextEncoder().encode("this is no model at all")],
    ["a gigabyte claimed in six bytes", claims(2 ** 30)],
    ["four gigabytes claimed", claims(2 ** 32 - 1)],
    ["a varint that does not end", new Uint8Array(12).fill(0xff)],
    ["a group", Uint8Array.of((GRAPH << 3) | 3, (GRAPH << 3) | 4)],
    ["a field of another wire type", Uint8Array.of((GRAPH << 3) | 0, 1)],
    ["names that are not UTF-8", fields([GRAPH, fields([2, Uint8Array.of(0xff, 0xfe)])])],
    ["numbers of 3 bytes", tensorGraph(fields([4, new Uint8Array(3)]))],
    ["two graphs", fields([GRAPH, new Uint8Array(0)], [GRAPH, new Uint8Array(0)])],
  ])("%s", (_, bytes) => {
    expect(() => readModel(bytes)).toThrow(expect.objectContaining({ code: "INVALID_ONNX" }) as Error);
  });

  test("nesting without end", () => {
    let graph: Uint8Array = new Uint8Array(0);
    // graph > node > attribute > graph
    for (let i = 0; i < 2000; i++) graph = fields([NODE, fields([5, fields([6, graph])])]);
    expect(() => readModel(fields([GRAPH, graph]))).toThrow(/nested/);
  });

  test("millions of empty messages", () => {
    const nodes = new Uint8Array(10_000_000);
    for (let i = 0; i < nodes.length; i += 2) nodes[i] = (NODE << 3) | 2;
    expect(() => readModel(fields([GRAPH, nodes]))).toThrow(/messages/);
  });

  test("tensors that claim more than they hold", () => {
    const raw = (dims: readonly bigint[], bytes: number, more: Partial<TensorProto> = {}): TensorProto => ({
      dims: BigInt64Array.from(dims),
      dataType: DataType.FLOAT,
      rawData: new Uint8Array(bytes),
      ...more,
    });
    for (const tensor of [
      raw([1n << 40n], 4),
      raw([1n << 40n, 1n << 40n], 4),
      raw([-1n], 4),
      raw([2n], 4),
      raw([1n], 4, { dataType: DataType.STRING }),
      raw([3n], 0, { dataType: DataType.INT64, int64Data: BigInt64Array.of(1n) }),
    ]) {
      expect(() => readTensor(tensor)).toThrow(expect.objectContaining({ code: "INVALID_ONNX" }) as Error);
    }
    expect(() => readTensor(raw([1n], 4, { dataType: DataType.BFLOAT16 }))).toThrow(expect.objectContaining({ code: "UNSUPPORTED_ONNX" }) as Error);
  });

  test("tensors of every type, raw and typed", () => {
    const values = [
      { type: DataType.FLOAT, dims: [2, 2], values: Float32Array.of(1.5, -0, NaN, Infinity) },
      { type: DataType.DOUBLE, dims: [1], values: Float64Array.of(1e300) },
      { type: DataType.INT64, dims: [2], values: BigInt64Array.of(-1n, 2n ** 62n) },
      { type: DataType.INT32, dims: [], values: Int32Array.of(-7) },
      { type: DataType.BOOL, dims: [3], values: Uint8Array.of(0, 1, 1) },
      { type: DataType.STRING, dims: [2], values: ["", "Größe 你好"] },
    ];
    for (const tensor of values) expect(readTensor(makeTensor("t", tensor))).toEqual(tensor);
    // 1, 65504, the least subnormal, -0 and infinity.
    const half = readTensor({ dims: BigInt64Array.of(5n), dataType: DataType.FLOAT16, int32Data: Int32Array.of(0x3c00, 0x7bff, 1, 0x8000, 0x7c00) });
    expect([...(half.values as Float32Array)]).toEqual([1, 65504, 2 ** -24, -0, Infinity]);
    expect(readTensor({ dims: BigInt64Array.of(2n), dataType: DataType.INT8, int32Data: Int32Array.of(-3, 127) }).values).toEqual(Int8Array.of(-3, 127));
  });
});

describe("external data", () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), "skewless-onnx-"));
    writeFileSync(join(home, "weights.bin"), new Uint8Array(new Float32Array([9, 1.5, 2.5]).buffer));
  });
  afterAll(() => {
    rmSync(home, { recursive: true });
  });
  const external = (location: string, offset: string, length?: string, dims = 2n): TensorProto => ({
    dims: BigInt64Array.of(dims),
    dataType: DataType.FLOAT,
    dataLocation: 1,
    externalData: [{ key: "location", value: location }, { key: "offset", value: offset }, ...(length === undefined ? [] : [{ key: "length", value: length }])],
  });

  test("is read beside the model", () => {
    const reader = externalReader(join(home, "model.onnx"));
    expect(readTensor(external("weights.bin", "4", "8"), reader).values).toEqual(Float32Array.of(1.5, 2.5));
    expect(readTensor(external("weights.bin", "4"), reader).values).toEqual(Float32Array.of(1.5, 2.5));
  });

  test.each([
    ["outside the folder", external("../weights.bin", "0", "8")],
    ["an absolute path", external("/etc/hostname", "0", "8")],
    ["past the end", external("weights.bin", "8", "8")],
    ["a terabyte", external("weights.bin", "0", undefined, 2n ** 38n)],
    ["another length", external("weights.bin", "0", "4")],
    ["an offset that is no number", external("weights.bin", "-1", "8")],
    ["a file that is not there", external("nothing.bin", "0", "8")],
  ])("%s is refused", (_, tensor) => {
    expect(() => readTensor(tensor, externalReader(join(home, "model.onnx")))).toThrow(expect.objectContaining({ code: "INVALID_ONNX" }) as Error);
  });

  test("of a model given by bytes is UNSUPPORTED_ONNX", () => {
    expect(() => readTensor(external("weights.bin", "0", "8"))).toThrow(expect.objectContaining({ code: "UNSUPPORTED_ONNX" }) as Error);
  });
});

describe("attachTo", () => {
  const specs = [2, 3].map((divisor) =>
    defineFeatures({ inputs: { x: t.float64(), name: t.utf8() }, features: ({ x, name }) => ({ x: x.div(divisor), a: name.eq("ä\n") }) }).withoutFitting(),
  );
  const [fitted, other] = specs as [(typeof specs)[number], (typeof specs)[number]];
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), "skewless-attach-"));
  });
  afterAll(() => {
    rmSync(home, { recursive: true });
  });

  test.each(files)("%s keeps every byte, and the spec comes back", async (name) => {
    const bytes = bytesOf(name);
    const attached = await fitted.attachTo(bytes);
    expect(Buffer.from(attached.subarray(0, bytes.length)).equals(Buffer.from(bytes))).toBe(true);
    const back = await featuresFromModel(attached);
    expect(back.fingerprint).toBe(fitted.fingerprint);
    expect(back.toJSON()).toEqual(fitted.toJSON());
    expect(await checkModelFingerprint(fitted, attached)).toBe(true);
    expect(await checkModelFingerprint(fitted, bytes)).toBe(false);
    await expect(checkModelFingerprint(other, attached)).rejects.toMatchObject({ name: "SpecError", code: "FINGERPRINT_MISMATCH", expected: other.fingerprint, actual: fitted.fingerprint });
  });

  test("attaching again replaces, and leaves other metadata", async () => {
    const owned = withMetadata(bytesOf("gemm.onnx"), new Map([["author", "somebody"]]));
    const twice = await other.attachTo(await fitted.attachTo(owned));
    expect([...readMetadata(twice).keys()].sort()).toEqual(["author", "skewless.features", "skewless.fingerprint"]);
    expect(await checkModelFingerprint(other, twice)).toBe(true);
    expect(readModel(twice).metadataProps?.length).toBe(3);
  });

  test("a path is replaced, or another written", async () => {
    const path = join(home, "model.onnx");
    writeFileSync(path, bytesOf("gemm.onnx"));
    const elsewhere = join(home, "other.onnx");
    await fitted.attachTo(path, { output: elsewhere });
    expect(readFileSync(path)).toEqual(Buffer.from(bytesOf("gemm.onnx")));
    expect((await featuresFromModel(elsewhere)).fingerprint).toBe(fitted.fingerprint);
    const returned = await fitted.attachTo(path);
    expect(readFileSync(path)).toEqual(Buffer.from(returned));
    expect(readdirSync(home).sort()).toEqual(["model.onnx", "other.onnx"]);
  });

  test("ONNX Runtime still runs the model, and its own export carries the fingerprint", async () => {
    const { model, inputs } = await fitted.toOnnx();
    expect(await checkModelFingerprint(fitted, model)).toBe(true);
    await expect(checkModelFingerprint(other, model)).rejects.toMatchObject({ code: "FINGERPRINT_MISMATCH" });
    const attached = await fitted.attachTo(model);
    const outputs = await run(attached, feedsOf(inputs, { x: [3, -1], name: ["ä\n", "b"] }));
    const mine = fitted.compile().rows([{ x: 3, name: "ä\n" }, { x: -1, name: "b" }]);
    expect([...(outputs["features"]?.data as Float32Array)].every((value, i) => close(value, [1.5, 1, -0.5, 0][i] as number))).toBe(true);
    expect(mine.length).toBe(2);
  });

  test("bad input", async () => {
    await expect(featuresFromModel(bytesOf("gemm.onnx"))).rejects.toMatchObject({ code: "INVALID_SPEC" });
    await expect(fitted.attachTo(new TextEncoder().encode("no model"))).rejects.toMatchObject({ code: "INVALID_ONNX" });
    await expect(fitted.attachTo(join(home, "nothing.onnx"))).rejects.toMatchObject({ code: "INVALID_ONNX" });
    const broken = withMetadata(bytesOf("gemm.onnx"), new Map([["skewless.features", "{"]]));
    await expect(featuresFromModel(broken)).rejects.toMatchObject({ code: "INVALID_SPEC" });
    const text = JSON.stringify(fitted.toJSON());
    const changed = withMetadata(bytesOf("gemm.onnx"), new Map([["skewless.features", text.replace('"const":2', '"const":7')]]));
    await expect(featuresFromModel(changed)).rejects.toMatchObject({ code: "FINGERPRINT_MISMATCH" });
    const mixed = withMetadata(await fitted.attachTo(bytesOf("gemm.onnx")), new Map([["skewless.fingerprint", other.fingerprint]]));
    await expect(featuresFromModel(mixed)).rejects.toMatchObject({ code: "FINGERPRINT_MISMATCH" });
  });
});
