import { normalDomain } from "../../onnx/model.js";
import type { GraphProto, NodeProto, TensorProto, ValueInfoProto } from "../../onnx/schema.js";
import { invalidModel, NotCompiled } from "./reason.js";

/** A graph whose names are unambiguous and whose nodes stand in an order in which they can run. */
export interface Graph {
  /** Inputs that a caller must give: those without a default. */
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
  readonly initializers: ReadonlyMap<string, TensorProto>;
  /** What the outputs need, each after what it needs itself. */
  readonly nodes: readonly NodeProto[];
  readonly needed: ReadonlySet<string>;
}

/** `Conv "conv1"`, with the domain where it is not ONNX's own. */
export function nodeTitle(node: NodeProto): string {
  const domain = normalDomain(node.domain);
  const operator = domain === "" || domain === "ai.onnx.ml" ? (node.opType ?? "") : `${domain}.${node.opType ?? ""}`;
  const name = node.name !== undefined && node.name !== "" ? node.name : (node.output?.find((output) => output !== "") ?? "");
  return `${operator} ${JSON.stringify(name)}`;
}

/** GraphProto.sparse_initializer as a tag of the wire format. */
const SPARSE_INITIALIZER = (15 << 3) | 2;

export function checkGraph(proto: GraphProto): Graph {
  if ((proto.unknown ?? []).some((field) => field[0] === SPARSE_INITIALIZER)) throw new NotCompiled("sparse initializers");
  const initializers = new Map<string, TensorProto>();
  for (const tensor of proto.initializer ?? []) {
    const name = tensor.name ?? "";
    if (initializers.has(name)) throw invalidModel(`two initializers are named ${JSON.stringify(name)}`);
    initializers.set(name, tensor);
  }
  const given = new Set<string>(initializers.keys());
  const inputs: ValueInfoProto[] = [];
  const names = new Set<string>();
  for (const input of proto.input ?? []) {
    const name = input.name ?? "";
    if (name === "") throw invalidModel("an input without a name");
    if (names.has(name)) throw invalidModel(`two inputs are named ${JSON.stringify(name)}`);
    names.add(name);
    // With an initializer the input has a default, which is what runs.
    if (!initializers.has(name)) inputs.push(input);
    given.add(name);
  }
  const makers = new Map<string, NodeProto>();
  for (const node of proto.node ?? []) {
    for (const output of node.output ?? []) {
      if (output === "") continue;
      if (given.has(output) || makers.has(output)) throw invalidModel(`${nodeTitle(node)}: its output ${JSON.stringify(output)} exists already`);
      makers.set(output, node);
    }
  }
  const outputs = proto.output ?? [];
  if (outputs.length === 0) throw invalidModel("the graph has no output");
  const outputNames = new Set<string>();
  for (const { name = "" } of outputs) {
    if (outputNames.has(name)) throw invalidModel(`two outputs are named ${JSON.stringify(name)}`);
    outputNames.add(name);
    if (!given.has(name) && !makers.has(name)) throw invalidModel(`nothing makes the output ${JSON.stringify(name)}`);
  }
  return { inputs, outputs, initializers, ...order(outputNames, given, makers, proto.node ?? []) };
}

/** Nodes by depth-first search from the outputs, without recursion: a chain may be as long as the file. */
function order(
  outputs: ReadonlySet<string>,
  given: ReadonlySet<string>,
  makers: ReadonlyMap<string, NodeProto>,
  all: readonly NodeProto[],
): { readonly nodes: readonly NodeProto[]; readonly needed: ReadonlySet<string> } {
  const needed = new Set<string>(outputs);
  const state = new Map<NodeProto, "open" | "done">();
  const nodes: NodeProto[] = [];
  const visit = (root: NodeProto): void => {
    const stack: { readonly node: NodeProto; next: number }[] = [];
    const open = (node: NodeProto): void => {
      state.set(node, "open");
      stack.push({ node, next: 0 });
    };
    if (state.get(root) === undefined) open(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const inputs = top.node.input ?? [];
      if (top.next === inputs.length) {
        state.set(top.node, "done");
        nodes.push(top.node);
        stack.pop();
        continue;
      }
      const name = inputs[top.next++] as string;
      if (name === "") continue;
      needed.add(name);
      if (given.has(name)) continue;
      const maker = makers.get(name);
      if (maker === undefined) throw invalidModel(`${nodeTitle(top.node)}: nothing makes its input ${JSON.stringify(name)}`);
      const known = state.get(maker);
      if (known === "open") throw invalidModel(`${nodeTitle(maker)}: its input ${JSON.stringify(name)} depends on its own output`);
      if (known === undefined) open(maker);
    }
  };
  for (const name of outputs) {
    const maker = makers.get(name);
    if (maker !== undefined) visit(maker);
  }
  // What no output needs is not compiled, but a file that contradicts itself is refused as a whole.
  const wanted = nodes.length;
  const wantedNames = new Set(needed);
  for (const node of all) visit(node);
  return { nodes: nodes.slice(0, wanted), needed: wantedNames };
}
