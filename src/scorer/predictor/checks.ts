import { ModelError, SpecError, type SkewlessError } from "../../errors.js";
import type { FittedFeatures } from "../../features/fitted-features.js";
import type { Inputs } from "../../features/inputs.js";
import type { NativeRowModel } from "../../native.js";
import type { TensorInfo } from "../tensor.js";

/** Metadata of a model that was trained on fitted features. */
export const FINGERPRINT_KEY = "skewless.fingerprint";
export const SPEC_KEY = "skewless.features";

/** What is compared with the features. */
export interface ModelFacts {
  readonly metadata: ReadonlyMap<string, string>;
  readonly featureNames: readonly string[] | undefined;
  readonly inputs: readonly TensorInfo[];
}

/** FINGERPRINT_MISMATCH where the model says that it was trained on other features. */
export function checkFingerprint(features: { readonly fingerprint: string }, metadata: ReadonlyMap<string, string>): void {
  const own = metadata.get(FINGERPRINT_KEY);
  if (own === undefined || own === features.fingerprint) return;
  throw new SpecError("FINGERPRINT_MISMATCH", "the model was trained on other features", {
    path: [FINGERPRINT_KEY],
    expected: `the features' fingerprint ${features.fingerprint}`,
    actual: own,
    fix: "Use the spec that the model was trained with, or train anew",
  });
}

/** The model takes one float32 vector of as many numbers as there are features. */
export function checkWidth(names: readonly string[], model: NativeRowModel | undefined, inputs: readonly TensorInfo[]): NativeRowModel {
  if (model?.width === names.length) return model;
  const shown = inputs.map(({ name, type, dims }) => `${name}: ${type} [${dims.join(", ")}]`).join("; ");
  // An input of another width that is known has no row model for ours.
  const wanted = inputs.length === 1 && inputs[0]?.type === "float32" ? inputs[0].dims.at(-1) : undefined;
  const width = model?.width ?? (typeof wanted === "number" ? wanted : undefined);
  if (width !== undefined) {
    throw new ModelError("WRONG_SHAPE", "the model takes another number of features", {
      expected: `${width} features`,
      actual: `${names.length}`,
      fix: "Use the features that the model was trained on",
    });
  }
  throw new ModelError("UNSUPPORTED_MODEL", "a predictor's model takes one vector of features", {
    expected: `one float32 input of [N, ${names.length}]`,
    actual: shown,
    fix: "Use a Scorer, which takes any inputs",
  });
}

/** Names that programs give columns that have none: f0, f1 … and Column_0, Column_1 …. */
const isPlaceholder = (name: string, i: number): boolean => name === `f${i}` || name === `Column_${i}`;

/** The model's columns have the features' names in the features' order. */
export function checkNames(names: readonly string[], featureNames: readonly string[] | undefined): void {
  if (featureNames === undefined || featureNames.every(isPlaceholder)) return;
  const at = names.findIndex((name, i) => name !== featureNames[i]);
  const first = at < 0 && featureNames.length > names.length ? names.length : at;
  if (first < 0) return;
  const [own, other] = [names[first], featureNames[first]];
  const moved = own !== undefined && featureNames.includes(own);
  const quoted = (name: string | undefined): string => (name === undefined ? "no feature" : JSON.stringify(name));
  throw new ModelError("WRONG_SHAPE", moved ? "the model was trained on the features in another order" : "the model was trained on features of other names", {
    path: ["features", first],
    expected: quoted(other),
    actual: quoted(own),
    fix: "Use the features that the model was trained on, or give checkNames: false where only the names differ",
  });
}

/** Every feature is float32, as a vector holds them. */
export function checkFloat32<I extends Inputs>(features: FittedFeatures<I>): void {
  const other = features.plan.outputs.find((output) => output.type !== "float32");
  if (other === undefined) return;
  throw notFloat32(other.name, other.type);
}

function notFloat32(name: string, type: string): SkewlessError {
  return new ModelError("WRONG_TYPE", "the feature does not fit a model's vector", {
    path: ["features", name],
    expected: "float32",
    actual: type,
    fix: "Leave out .as() for the features of a model",
  });
}
