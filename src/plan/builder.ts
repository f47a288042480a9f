import { DefinitionError } from "../errors.js";
import { overloads } from "../expr/call.js";
import type { CatalogueOverload } from "../expr/catalogue.gen.js";
import type { Node } from "../expr/node.js";
import { kernelType, type DataType, type OutputType } from "../types/data-type.js";
import { storable, type Plan, type PlanInput, type PlanNode, type PlanOutput } from "./plan.js";
import { zoneTable, type ZoneTable } from "./zones.js";

/** A feature to compute: its column name, expression graph without fitted nodes, and output type. */
export interface PlannedFeature {
  readonly name: string;
  readonly node: Node;
  readonly output: OutputType;
}

function overloadOf(name: string, types: readonly DataType[]): CatalogueOverload {
  const wanted = types.map(kernelType).join();
  const found = overloads(name).find((o) => o.args.join() === wanted);
  if (found === undefined) throw new DefinitionError("WRONG_TYPE", `${name} does not take (${wanted})`);
  return found;
}

/** Lowers expression graphs to a plan, one register a distinct graph node; the rewrites do the rest. */
export function buildPlan(inputs: readonly PlanInput[], features: readonly PlannedFeature[]): Plan {
  const nodes: PlanNode[] = [];
  const outputs: PlanOutput[] = [];
  const zones: Record<string, ZoneTable> = {};
  const registers = new Map<Node, number>();
  const byName = new Map(inputs.map((input, i) => [input.name, i]));

  function add(node: PlanNode): number {
    nodes.push(node);
    return inputs.length + nodes.length - 1;
  }

  function typeOf(register: number): DataType {
    return register < inputs.length
      ? (inputs[register] as PlanInput).input.type
      : (nodes[register - inputs.length] as PlanNode).type;
  }

  function callOf(name: string, args: readonly number[]): number {
    const overload = overloadOf(name, args.map(typeOf));
    const type: DataType = { kind: overload.result as "float64" };
    return add({ kind: "call", name, version: overload.version, args, params: {}, type });
  }

  /** The registers of a graph, its arguments first, without recursion: graphs of imported models are deep. */
  function lower(root: Node): number {
    const stack: Node[] = [root];
    for (;;) {
      const node = stack.at(-1);
      if (node === undefined) break;
      if (registers.has(node)) {
        stack.pop();
        continue;
      }
      if (node.kind === "call") {
        const missing = node.args.filter((arg) => !registers.has(arg));
        if (missing.length > 0) {
          stack.push(...missing);
          continue;
        }
      }
      registers.set(node, lowerOne(node));
      stack.pop();
    }
    return registers.get(root) as number;
  }

  function lowerOne(node: Node): number {
    switch (node.kind) {
      case "input": {
        const register = byName.get(node.name);
        if (register === undefined || (inputs[register] as PlanInput).input !== node.input) {
          throw new DefinitionError("INVALID_DEFINITION", `the expression reads the input ${JSON.stringify(node.name)} of another declaration`);
        }
        return register;
      }
      case "literal":
        return add({ kind: "constant", type: node.type, value: node.value });
      case "fitted":
        throw new DefinitionError("NOT_FITTED", `${node.transform} has not been fitted`, { fix: "Call fit() first" });
      case "call": {
        const args = node.args.map((arg) => registers.get(arg) as number);
        const zone = node.params["zone"];
        if (typeof zone === "string") zones[zone] ??= zoneTable(zone);
        const { version } = overloadOf(node.name, node.args.map((arg) => arg.type));
        return add({ kind: "call", name: node.name, version, args, params: node.params, type: node.type });
      }
    }
  }

  /** Adds the checked conversion that an output type other than float32 needs. */
  function convert(register: number, feature: PlannedFeature): number {
    const kernel = kernelType(typeOf(register));
    const { output } = feature;
    let at = register;
    if ((output === "int64" || output === "int32") && kernel === "float64") at = callOf("toInt64", [at]);
    if (output === "int32" && kernel !== "bool") at = callOf("toInt32", [at]);
    if (output === "bool" && (kernel === "float64" || kernel === "int64")) at = callOf("toBool", [at]);
    if (storable(typeOf(at), output)) return at;
    const fixes: Partial<Record<string, string>> = {
      utf8: 'Encode it (oneHotEncoder(), hashBucket(), …) or store it with .as("utf8")',
      timestamp: 'Take a part of it (hour(), diff(), …) or store it with .as("timestamp")',
    };
    throw new DefinitionError("INVALID_DEFINITION", `a feature of type ${kernel} cannot be stored as ${output}`, {
      path: [feature.name],
      fix: fixes[kernel] ?? "Reduce it to one number: mean(), element(), norm and their like",
    });
  }

  for (const feature of features) {
    const register = convert(lower(feature.node), feature);
    outputs.push({ name: feature.name, register, type: feature.output, dataType: typeOf(register) });
  }
  return { inputs, nodes, outputs, zones };
}
