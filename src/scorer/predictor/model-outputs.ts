import { DefinitionError, received } from "../../errors.js";
import type { NativeRowModel } from "../../native.js";
import type { Backend } from "../backend.js";
import type { TensorInfo } from "../tensor.js";
import type { AnswerParts, InputExplanations, ModelPrediction, PredictionValue } from "./prediction.js";

/** NativeRowModel's element numbers. */
const FLOAT32 = 0;
const FLOAT64 = 1;

/** Which of a model's outputs are the prediction and the classes' scores. */
export interface ChosenOutputs {
  readonly prediction: number;
  readonly probabilities: number | undefined;
  readonly classes: readonly (string | bigint)[] | undefined;
}

export function isScores({ type, map }: TensorInfo): boolean {
  return map !== undefined || type === "float32" || type === "float64" || type === "float16";
}

/**
 * The first output, or the one of the name. Beside a class label the first output of scores is taken for the classes'
 * probabilities; their classes are a ZipMap's keys or the labels.
 */
export function chooseOutputs(backend: Pick<Backend, "outputs" | "labels">, name: unknown): ChosenOutputs {
  const { outputs } = backend;
  const prediction = name === undefined ? 0 : outputs.findIndex((output) => output.name === name);
  const info = outputs[prediction];
  if (info === undefined) {
    throw new DefinitionError("INVALID_PARAMETER", "the model has no such output", {
      path: ["output"],
      expected: outputs.map((output) => JSON.stringify(output.name)).join(", "),
      actual: received(name),
    });
  }
  const isLabel = !isScores(info);
  const scores = isLabel ? outputs.findIndex(isScores) : -1;
  const map = isLabel ? outputs[scores]?.map : info.map;
  return {
    prediction,
    probabilities: scores < 0 ? undefined : scores,
    classes: map === undefined ? undefined : Object.freeze([...map.keys]),
  };
}

type Read = () => PredictionValue;

/** Small integers as bigints, made once: a bigint is garbage for every call else. */
const SMALL = Array.from({ length: 256 }, (_, i) => BigInt(i - 128));

/** An output's labels as values of its type. */
function typedLabels(backend: Pick<Backend, "labels" | "outputs">, output: number): readonly (string | bigint)[] | undefined {
  const labels = backend.labels(output);
  return backend.outputs[output]?.type === "string" ? labels : labels?.map(BigInt);
}

function reader({ block, outputs }: NativeRowModel, index: number, labels: readonly (string | bigint)[] | undefined): Read {
  const { element, width, offset } = outputs[index] as NativeRowModel["outputs"][number];
  if (element === FLOAT32) {
    const view = new Float32Array(block, offset, width);
    return width === 1 ? () => view[0] as number : () => view.slice();
  }
  if (element === FLOAT64) {
    const view = new Float64Array(block, offset, width);
    return width === 1 ? () => view[0] as number : () => view.slice();
  }
  const view = new BigInt64Array(block, offset, width);
  const words = new Int32Array(block, offset, width * 2);
  if (labels !== undefined) {
    const label = (i: number): string | bigint => labels[words[i * 2] as number] ?? "";
    if (width === 1) return () => label(0);
    return () => {
      const all = Array.from({ length: width }, (_, i) => label(i));
      return typeof all[0] === "bigint" ? BigInt64Array.from(all as bigint[]) : (all as string[]);
    };
  }
  if (width !== 1) return () => view.slice();
  return () => {
    const low = words[0] as number;
    const small = low >= -128 && low < 128 && words[1] === low >> 31 ? SMALL[low + 128] : undefined;
    return small ?? (view[0] as bigint);
  };
}

function scoresReader({ block, outputs }: NativeRowModel, index: number): () => Float32Array {
  const { element, width, offset } = outputs[index] as NativeRowModel["outputs"][number];
  if (element === FLOAT64) {
    const view = new Float64Array(block, offset, width);
    return () => Float32Array.from(view);
  }
  const view = new Float32Array(block, offset, width);
  // A loop wins over slice() for the few classes that there mostly are.
  return () => {
    const out = new Float32Array(width);
    for (let i = 0; i < width; i++) out[i] = view[i] as number;
    return out;
  };
}

/** The classes of the scores: a ZipMap's keys, or the labels where there is one for each score and none twice. */
export function classesOf(backend: Pick<Backend, "classes">, rowModel: NativeRowModel, { prediction, probabilities, classes }: ChosenOutputs): ChosenOutputs["classes"] {
  const labels = backend.classes(prediction);
  if (classes !== undefined || labels === undefined || probabilities === undefined) return classes;
  return labels.length === rowModel.outputs[probabilities]?.width && new Set(labels).size === labels.length ? Object.freeze([...labels]) : undefined;
}

/** Reads a row's answer from the model's block. */
export class OutputReader {
  readonly #prediction: Read;
  readonly #probabilities: (() => Float32Array) | undefined;
  readonly #classes: readonly (string | bigint)[] | undefined;

  constructor(backend: Pick<Backend, "classes" | "labels" | "outputs">, rowModel: NativeRowModel, chosen: ChosenOutputs) {
    this.#prediction = reader(rowModel, chosen.prediction, typedLabels(backend, chosen.prediction));
    const { probabilities } = chosen;
    this.#probabilities = probabilities === undefined ? undefined : scoresReader(rowModel, probabilities);
    this.#classes = classesOf(backend, rowModel, chosen);
  }

  /** The answer alone, for fallbacks. */
  answer(): AnswerParts {
    return { prediction: this.#prediction(), probabilities: this.#probabilities?.(), classes: this.#classes };
  }

  result(inputs: InputExplanations | undefined): ModelPrediction {
    return {
      prediction: this.#prediction(),
      probabilities: this.#probabilities === undefined ? undefined : this.#probabilities(),
      classes: this.#classes,
      fallback: false,
      reason: undefined,
      inputs,
    };
  }
}
