import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { OnnxError } from "../errors.js";
import { MODEL, STRING_ENTRY } from "./schema.js";
import { decode, encode, invalid } from "./wire.js";

/**
 * A model's metadata without its graph: the fields of the file are walked, not decoded, so that a model of
 * gigabytes costs no more than its copy, and rewriting gives every other byte back as it was.
 */

interface Piece {
  readonly no: number;
  /** Tag and value. */
  readonly bytes: Uint8Array;
  /** Of a length-delimited field: the value. */
  readonly value: Uint8Array | undefined;
}

const GRAPH = MODEL.fields.find(({ key }) => key === "graph")?.no;
const METADATA = MODEL.fields.find(({ key }) => key === "metadataProps")?.no as number;

function pieces(bytes: Uint8Array): Piece[] {
  const out: Piece[] = [];
  const reader = new BinaryReader(bytes);
  try {
    while (reader.pos < bytes.length) {
      const start = reader.pos;
      const [no, wire] = reader.tag();
      if (wire === WireType.StartGroup || wire === WireType.EndGroup) throw invalid("the model holds a group");
      let value: Uint8Array | undefined;
      if (wire === WireType.LengthDelimited) value = reader.bytes();
      else reader.skip(wire, no);
      out.push({ no, bytes: bytes.subarray(start, reader.pos), value });
    }
  } catch (error) {
    if (error instanceof OnnxError) throw error;
    throw invalid(`malformed ModelProto: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  if (!out.some(({ no, value }) => no === GRAPH && value !== undefined)) throw invalid("the file holds no graph, so it is no ONNX model");
  return out;
}

/** metadata_props by key; of equal keys the last counts, as in ONNX Runtime. */
export function readMetadata(bytes: Uint8Array): Map<string, string> {
  const out = new Map<string, string>();
  for (const { no, value } of pieces(bytes)) {
    if (no !== METADATA || value === undefined) continue;
    const entry = decode(STRING_ENTRY, value);
    out.set(entry.key ?? "", entry.value ?? "");
  }
  return out;
}

/** The model with these keys set in its metadata; everything else stays byte for byte. */
export function withMetadata(bytes: Uint8Array, entries: ReadonlyMap<string, string>): Uint8Array {
  const writer = new BinaryWriter();
  for (const { no, bytes: raw, value } of pieces(bytes)) {
    if (no === METADATA && value !== undefined && entries.has(decode(STRING_ENTRY, value).key ?? "")) continue;
    writer.raw(raw);
  }
  for (const [key, value] of entries) {
    writer.tag(METADATA, WireType.LengthDelimited).bytes(encode(STRING_ENTRY, { key, value }));
  }
  return writer.finish();
}
