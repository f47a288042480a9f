import { OnnxError, received } from "../errors.js";
import { MODEL, type GraphProto, type ModelProto } from "./schema.js";
import { decode, encode, invalid } from "./wire.js";

/** A model file's bytes as data. Nothing is copied: bytes fields are views of `bytes`. INVALID_ONNX for anything else. */
export function readModel(bytes: Uint8Array): ModelProto & { readonly graph: GraphProto } {
  if (!(bytes instanceof Uint8Array)) {
    throw new OnnxError("INVALID_ONNX", "an ONNX model", { expected: "the bytes of the file", actual: received(bytes) });
  }
  if (bytes.length === 0) throw invalid("the ONNX model is empty");
  // A Buffer's views would be Buffers, whose slice() shares memory.
  const model = decode(MODEL, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  const { graph } = model;
  if (graph === undefined) throw invalid("the file holds no graph, so it is no ONNX model");
  return { ...model, graph };
}

export function writeModel(model: ModelProto): Uint8Array {
  return encode(MODEL, model);
}

/** The version of a domain's operators that the model was made for; undefined where it imports none. */
export function opsetVersion(model: ModelProto, domain = ""): number | undefined {
  const own = (model.opsetImport ?? []).find((set) => normalDomain(set.domain) === normalDomain(domain));
  return own === undefined ? undefined : Number(own.version ?? 0n);
}

/** "ai.onnx" is another spelling of "". */
export function normalDomain(domain: string | undefined): string {
  return domain === undefined || domain === "ai.onnx" ? "" : domain;
}
