import { readFile } from "node:fs/promises";
import { SkewlessError, SpecError } from "../../errors.js";
import { featuresFromJson } from "../../features/spec.js";
import { inputsOf } from "./contract.js";
import type { FeatureView } from "./define-feature-view.js";
import { FittedView, VIEW_FORMAT, VIEW_VERSION } from "./fitted-view.js";
import type { ViewShape } from "./types.js";
import { contractFromJson, contractToJson, record, statisticsFromJson, texts, untransformedFromJson } from "./view-json.js";
import { canonicalJson } from "../../plan/fingerprint.js";

/**
 * A fitted view from its JSON; refuses one that is malformed, was changed, or was made under other semantics. With the
 * declaration that it was fitted from (STATE_MISMATCH otherwise) it has that one's types and functions.
 */
export function featureViewFromJson<Shape extends ViewShape = ViewShape>(json: unknown, declaration?: FeatureView<Shape>): FittedView<Shape> {
  const root = record(json, []);
  if (root["format"] !== VIEW_FORMAT) {
    throw new SpecError("INVALID_SPEC", "not a saved feature view", { path: ["format"], expected: JSON.stringify(VIEW_FORMAT), actual: JSON.stringify(root["format"]) });
  }
  if (root["version"] !== VIEW_VERSION) {
    throw new SpecError("INVALID_SPEC", `the view has format version ${String(root["version"])}, this build reads ${VIEW_VERSION}`, {
      path: ["version"],
      fix: "Use the skewless version that wrote it, or a newer one",
    });
  }
  const contract = contractFromJson(root["contract"]);
  const inputs = inputsOf(contract);
  const digest = String(root["digest"]);
  const onDemand = texts(root["onDemand"], ["onDemand"]);
  const statistics = statisticsFromJson(root["statistics"]);
  const untransformed = untransformedFromJson(root["untransformed"], inputs);
  const features = featuresFromJson(root["features"]);
  for (const plan of [features.plan, untransformed.plan]) {
    for (const { name } of plan?.inputs ?? []) {
      if (!Object.hasOwn(inputs, name)) throw new SpecError("INVALID_SPEC", "the plan reads an input that the view does not have", { path: ["features", "inputs", name] });
    }
  }
  if (declaration !== undefined) {
    const same = declaration.digest === digest && canonicalJson(contractToJson(declaration.contract)) === canonicalJson(contractToJson(contract));
    if (!same) {
      throw new SpecError("STATE_MISMATCH", `the view was fitted from another declaration than ${declaration.name} version ${declaration.version}`, {
        path: ["digest"],
        expected: declaration.digest,
        actual: digest,
        fix: "Fit again, or load it without a declaration",
      });
    }
  }
  const fitted = new FittedView<Shape>(declaration?.contract ?? contract, features, untransformed, onDemand, statistics, digest);
  if (fitted.fingerprint !== root["fingerprint"]) {
    throw new SpecError("FINGERPRINT_MISMATCH", "the view was changed after it was saved", {
      path: ["fingerprint"],
      expected: fitted.fingerprint,
      actual: String(root["fingerprint"]),
      fix: "Save it again from the declaration; a view is not edited by hand",
    });
  }
  return fitted;
}

/** Loads what `fittedView.save(path)` wrote. */
export async function loadFeatureView<Shape extends ViewShape = ViewShape>(path: string, declaration?: FeatureView<Shape>): Promise<FittedView<Shape>> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    const what = error instanceof SyntaxError ? "is not JSON" : "cannot be read";
    throw new SpecError("INVALID_SPEC", `${path} ${what}: ${error instanceof Error ? error.message : String(error)}`, {}, { cause: error });
  }
  try {
    return featureViewFromJson(json, declaration);
  } catch (error) {
    throw error instanceof SkewlessError ? error.with({}, `${path}: ${error.what}`) : error;
  }
}
