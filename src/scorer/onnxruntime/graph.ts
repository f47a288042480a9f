import { ModelError, OnnxError, SkewlessError } from "../../errors.js";
import { readModel, writeModel } from "../../onnx/model.js";
import { DataType, type AttributeProto, type GraphProto, type ModelProto, type NodeProto, type ValueInfoProto } from "../../onnx/schema.js";
import { decodeText, readTensor } from "../../onnx/tensor.js";
import { isRowWise } from "./row-wise.js";

/** What is known of a model from its file, where ONNX Runtime's session does not tell. */
export interface ModelGraph {
  /** The model to run: ZipMap nodes before outputs give their input instead, and `maps` says what they would have made of it. */
  readonly bytes: Uint8Array;
  readonly edited: boolean;
  /** Keys of the maps by the output's name. */
  readonly maps: ReadonlyMap<string, readonly (string | bigint)[]>;
  /** What a text output may be, where a list in the model says so. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  /** Whether some weights are in other files. */
  readonly external: boolean;
  /** Whether there are loops or branches. */
  readonly controlFlow: boolean;
  /** Whether every output has a row for each row of the inputs, which depends on no other row. */
  readonly rowWise: boolean;
}

const ML = "ai.onnx.ml";

function attribute(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute?.find((one) => one.name === name);
}

function texts(bytes: readonly Uint8Array[] | undefined, where: string): string[] {
  return (bytes ?? []).map((text) => decodeText(text, () => where));
}

function mapKeys(node: NodeProto): readonly (string | bigint)[] {
  const strings = attribute(node, "classlabels_strings")?.strings;
  const keys = strings !== undefined && strings.length > 0 ? texts(strings, "ZipMap.classlabels_strings") : [...(attribute(node, "classlabels_int64s")?.ints ?? [])];
  if (keys.length === 0) throw new ModelError("INVALID_MODEL", "a ZipMap node has no class labels");
  return keys;
}

/** Replaces each ZipMap whose output is one of the model's. ONNX Runtime's optimizer drops the Identity. */
function withoutZipMaps(model: ModelProto, graph: GraphProto): { model: ModelProto; maps: Map<string, readonly (string | bigint)[]> } {
  const maps = new Map<string, readonly (string | bigint)[]>();
  const outputs = new Set((graph.output ?? []).map(({ name }) => name ?? ""));
  const node = (graph.node ?? []).map((one): NodeProto => {
    const output = one.output?.[0] ?? "";
    if (one.opType !== "ZipMap" || one.domain !== ML || !outputs.has(output)) return one;
    maps.set(output, mapKeys(one));
    return { opType: "Identity", name: one.name ?? "", input: one.input ?? [], output: [output] };
  });
  if (maps.size === 0) return { model, maps };
  const output = (graph.output ?? []).map((info): ValueInfoProto => (maps.has(info.name ?? "") ? { name: info.name ?? "", type: { tensorType: { elemType: DataType.FLOAT } } } : info));
  const sets = model.opsetImport ?? [];
  const opsetImport = sets.some(({ domain }) => (domain ?? "") === "" || domain === "ai.onnx") ? sets : [...sets, { domain: "", version: 13n }];
  return { model: { ...model, opsetImport, graph: { ...graph, node, output } }, maps };
}

const KEEPS_ELEMENTS = new Set(["Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze"]);

/** The texts that an output takes one of, found at the node that chooses. */
function labelsOf(graph: GraphProto, output: string): readonly string[] | undefined {
  const producers = new Map<string, NodeProto>();
  for (const node of graph.node ?? []) for (const name of node.output ?? []) producers.set(name, node);
  const constant = (name: string): readonly string[] | undefined => {
    const tensor = graph.initializer?.find((one) => one.name === name) ?? attribute(producers.get(name) ?? {}, "value")?.t;
    return tensor?.dataType === DataType.STRING ? (readTensor(tensor).values as readonly string[]) : undefined;
  };
  let name = output;
  for (let steps = 0; steps < 64; steps++) {
    const node = producers.get(name);
    if (node === undefined) return undefined;
    const first = node.input?.[0] ?? "";
    switch (node.opType) {
      case "TreeEnsembleClassifier":
      case "LinearClassifier":
      case "SVMClassifier":
        return texts(attribute(node, "classlabels_strings")?.strings, node.opType);
      case "LabelEncoder": {
        const values = attribute(node, "values_strings") ?? attribute(node, "classes_strings");
        const otherwise = attribute(node, "default_string")?.s;
        return [...texts(values?.strings, node.opType), otherwise === undefined ? "_Unused" : decodeText(otherwise, () => "LabelEncoder")];
      }
      case "ArrayFeatureExtractor":
      case "Gather":
        return constant(first);
      default:
        if (node.opType === undefined || !KEEPS_ELEMENTS.has(node.opType)) return undefined;
        name = first;
    }
  }
  return undefined;
}

/** The graph and those of its loops and branches. */
function* graphs(graph: GraphProto): Generator<GraphProto> {
  yield graph;
  for (const node of graph.node ?? []) {
    for (const { g, graphs: more } of node.attribute ?? []) {
      if (g !== undefined) yield* graphs(g);
      for (const one of more ?? []) yield* graphs(one);
    }
  }
}

const CONTROL_FLOW = new Set(["Loop", "Scan", "If", "SequenceMap"]);

function isExternal(graph: GraphProto): boolean {
  for (const one of graphs(graph)) {
    if (one.initializer?.some(({ dataLocation }) => dataLocation === 1) === true) return true;
    for (const node of one.node ?? []) if (node.attribute?.some(({ t }) => t?.dataLocation === 1) === true) return true;
  }
  return false;
}

/** Reads an ONNX model as far as running it needs. INVALID_MODEL for what is none. */
export function readGraph(bytes: Uint8Array): ModelGraph {
  try {
    const read = readModel(bytes);
    const { model, maps } = withoutZipMaps(read, read.graph);
    const graph = model.graph ?? read.graph;
    const labels = new Map<string, readonly string[]>();
    for (const { name = "", type } of graph.output ?? []) {
      if (type?.tensorType?.elemType !== DataType.STRING) continue;
      const found = labelsOf(graph, name);
      if (found !== undefined && found.length > 0) labels.set(name, [...new Set(found)]);
    }
    return {
      bytes: maps.size > 0 ? writeModel(model) : bytes,
      edited: maps.size > 0,
      maps,
      labels,
      external: isExternal(graph),
      controlFlow: (graph.node ?? []).some(({ opType }) => CONTROL_FLOW.has(opType ?? "")),
      rowWise: isRowWise(graph),
    };
  } catch (error) {
    if (error instanceof OnnxError) throw new ModelError("INVALID_MODEL", error.what, {}, { cause: error });
    if (error instanceof SkewlessError || !(error instanceof RangeError)) throw error;
    throw new ModelError("INVALID_MODEL", error.message, {}, { cause: error });
  }
}
