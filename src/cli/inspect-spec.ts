import { fittedNodes } from "../features/definition.js";
import type { FittedFeatures } from "../features/fitted-features.js";
import { stateToJson } from "../features/transform.js";
import { formatNode } from "../expr/node.js";
import type { Json } from "../plan/json.js";
import { SkewlessError } from "../errors.js";
import { formatInputType, type AnyInputType } from "../types/input-type.js";
import { bytes, cell, count, shorten, table } from "./format.js";
import { fittedOf, type Spec } from "./spec-file.js";

/** What a file holds, for people and for programs. */
export interface Shown {
  readonly text: string;
  readonly json: Json;
}

export function inspectSpec(spec: Spec): Shown {
  let fitted: FittedFeatures;
  try {
    fitted = fittedOf(spec);
  } catch (error) {
    if (spec.kind === "declared" && error instanceof SkewlessError && error.code === "NOT_FITTED") return inspectDeclared(spec);
    throw error;
  }
  return inspectFitted(spec, fitted);
}

function inspectFitted(spec: Spec, fitted: FittedFeatures): Shown {
  const { plan } = fitted;
  const inputs = inputRows(fitted.inputs, new Set(plan.inputs.map(({ name }) => name)));
  const outputs = plan.outputs.map(({ name, type }) => ({ name, type }));
  const functions = new Map<string, { version: number; calls: number }>();
  for (const node of plan.nodes) {
    if (node.kind !== "call") continue;
    functions.set(node.name, { version: node.version, calls: (functions.get(node.name)?.calls ?? 0) + 1 });
  }
  const called = [...functions].map(([name, { version, calls }]) => ({ name, version, calls })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const zones = Object.entries(plan.zones).map(([name, { at }]) => ({ name, transitions: at.length }));
  const described = fitted.describe();
  const steps = fitted.steps.map(({ transform, version, column, features }) => ({ transform, version, column, features }));
  const json: Json = {
    kind: "spec",
    path: spec.path,
    bytes: spec.bytes,
    fitted: true,
    fingerprint: fitted.fingerprint,
    inputs,
    outputs,
    steps,
    state: described.map(({ feature, column, transform, statistic, value }) => ({ feature, column, transform, statistic, value: stateToJson(value) })),
    functions: called,
    zones,
  };
  const text = [
    `${spec.path}: ${spec.kind === "fitted" ? "fitted features" : "features that need no fitting"}, ${bytes(spec.bytes)}`,
    `fingerprint ${fitted.fingerprint}`,
    "",
    section("inputs", inputText(inputs)),
    section(`outputs (${count(outputs.length)})`, table(["name", "type"], outputs.map(({ name, type }) => [name, type]), "  ")),
    ...(described.length === 0
      ? []
      : [
          section(
            "fitted state",
            table(
              ["feature", "transformation", "of", "statistic", "value"],
              described.map((row) => [row.feature, row.transform, row.column, row.statistic, cell(row.value)]),
              "  ",
            ),
          ),
        ]),
    section(
      "functions",
      table(["name", "version", "calls"], called.map(({ name, version, calls }) => [name, String(version), String(calls)]), "  "),
    ),
    ...(zones.length === 0 ? [] : [section("time zones", table(["name", "transitions"], zones.map(({ name, transitions }) => [name, String(transitions)]), "  "))]),
  ].join("\n");
  return { text, json };
}

/** A module before fitting: what it declares and what it has yet to learn. */
function inspectDeclared(spec: Extract<Spec, { kind: "declared" }>): Shown {
  const { declaration } = spec.features;
  const inputs = inputRows(declaration.inputs, undefined);
  const features = declaration.features.map((feature) => ({
    name: feature.name,
    type: feature.output,
    learns: fittedNodes([feature]).map((node) => node.transform),
    expression: formatNode(feature.node, 6),
  }));
  const text = [
    `${spec.path}: declared features, not fitted, ${bytes(spec.bytes)}`,
    "",
    section("inputs", inputText(inputs)),
    section(
      `features (${count(features.length)})`,
      table(["name", "type", "learns", "expression"], features.map((row) => [row.name, row.type, row.learns.join(", ") || "-", shorten(row.expression, 100)]), "  "),
    ),
    `Fit it with: skewless fit ${spec.path} DATA -o fitted.json\n`,
  ].join("\n");
  return { text, json: { kind: "spec", path: spec.path, bytes: spec.bytes, fitted: false, inputs, features } };
}

interface InputRow {
  readonly [key: string]: Json;
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly used: boolean;
}

function inputRows(inputs: Readonly<Record<string, AnyInputType>>, used: ReadonlySet<string> | undefined): InputRow[] {
  return Object.entries(inputs).map(([name, input]) => ({
    name,
    type: formatInputType(input),
    nullable: input.isNullable,
    used: used?.has(name) ?? true,
  }));
}

function inputText(inputs: readonly InputRow[]): string {
  const rows = inputs.map(({ name, type, nullable, used }) => [name, type, [nullable ? "nullable" : "", used ? "" : "not used"].filter((word) => word !== "").join(", ")]);
  return table(["name", "type", ""], rows, "  ");
}

function section(title: string, body: string): string {
  return `${title}\n${body}`;
}
