import { DefinitionError, received } from "../errors.js";
import { ColumnsExpr, Expr, Feature, wrap } from "../expr/expr.js";
import type { FittedNode, InputNode, Node } from "../expr/node.js";
import type { OutputType } from "../types/data-type.js";
import { parseInputType, formatInputType } from "../types/input-type.js";
import { FeatureColumns } from "./columns.js";
import type { ExprsOf, Inputs } from "./inputs.js";

/** What a feature may be declared as. */
export type FeatureValue = Expr | Feature | ColumnsExpr | FeatureColumns;
export type Features = Readonly<Record<string, FeatureValue>>;

export interface DeclaredFeature {
  readonly name: string;
  readonly node: Node;
  readonly output: OutputType;
  /** A fitted transformation that may make several columns. */
  readonly columns: boolean;
}

/** The checked declaration: inputs and the graph of every feature. */
export interface Declaration {
  readonly inputs: Inputs;
  /** The inputs as expressions; reading one that is not declared is an error. */
  readonly exprs: Readonly<Record<string, Expr>>;
  readonly features: readonly DeclaredFeature[];
}

export function declare<I extends Inputs>(inputs: I, build: (inputs: ExprsOf<I>) => Features): Declaration {
  if (typeof inputs !== "object" || inputs === null || Array.isArray(inputs)) {
    throw new DefinitionError("INVALID_DEFINITION", "inputs", { expected: "an object of input types", actual: received(inputs) });
  }
  const exprs: Record<string, Expr> = Object.create(null) as Record<string, Expr>;
  for (const [name, input] of Object.entries(inputs)) {
    checkName("inputs", name);
    if (typeof input !== "object" || input === null || parseInputType(safeFormat(input)) === undefined) {
      throw new DefinitionError("INVALID_DEFINITION", "not an input type", {
        path: ["inputs", name],
        expected: "one made by t: t.float64(), t.utf8().nullable(), …",
        actual: received(input),
      });
    }
    const node: InputNode = Object.freeze({ kind: "input", name, type: input.type, input });
    exprs[name] = wrap(node);
  }
  if (typeof build !== "function") {
    throw new DefinitionError("INVALID_DEFINITION", "features", { expected: "a function from inputs to features", actual: received(build) });
  }
  // A name that is no input would otherwise be undefined, and fail far from the mistake.
  const guarded = new Proxy(exprs, {
    get(target, key) {
      if (typeof key === "symbol" || Object.hasOwn(target, key)) return target[key as string];
      throw new DefinitionError("INVALID_DEFINITION", "the features read an input that is not declared", {
        path: ["inputs", key],
        expected: Object.keys(inputs).join(", "),
      });
    },
  });
  const built: unknown = build(guarded as ExprsOf<I>);
  if (typeof built !== "object" || built === null || Array.isArray(built) || built instanceof Expr) {
    throw new DefinitionError("INVALID_DEFINITION", "features must return an object of features", { actual: received(built) });
  }
  const features = Object.entries(built).flatMap(([name, value]) => declareFeature(name, value));
  if (features.length === 0) throw new DefinitionError("INVALID_DEFINITION", "there are no features", { path: ["features"] });
  return { inputs: Object.freeze({ ...inputs }), exprs: guarded, features };
}

function safeFormat(input: Inputs[string]): string {
  try {
    return formatInputType(input);
  } catch {
    return "";
  }
}

/** A lone surrogate has no UTF-8 form: neither a spec file nor an Arrow schema can hold it. */
function checkName(place: string, name: string): void {
  if (name.isWellFormed()) return;
  throw new DefinitionError("INVALID_DEFINITION", "the name holds a lone surrogate", { path: [place, name] });
}

function declareFeature(name: string, value: unknown): DeclaredFeature[] {
  checkName("features", name);
  if (value instanceof FeatureColumns) {
    return value.names.map((suffix, i) => {
      const node = (value.exprs[i] as Expr).node;
      return { name: `${name}_${suffix}`, node, output: value.output, columns: false };
    });
  }
  if (value instanceof ColumnsExpr) return [{ name, node: value.node, output: value.output, columns: true }];
  if (value instanceof Feature) return [{ name, node: value.expr.node, output: value.output, columns: false }];
  if (value instanceof Expr) return [{ name, node: value.node, output: "float32", columns: false }];
  throw new DefinitionError("INVALID_DEFINITION", "not a feature", {
    path: ["features", name],
    expected: "an expression",
    actual: received(value),
  });
}

/** Every node below some others, arguments before users. Without recursion: graphs may be deep. */
export function nodesBelow(roots: readonly Node[]): Node[] {
  const seen = new Set<Node>();
  const out: Node[] = [];
  for (const root of roots) {
    const stack: { node: Node; entered: boolean }[] = [{ node: root, entered: false }];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const { node, entered } = top;
      if (entered) {
        out.push(node);
        continue;
      }
      if (seen.has(node)) continue;
      seen.add(node);
      stack.push({ node, entered: true });
      if (node.kind === "call" || node.kind === "fitted") for (const arg of node.args) stack.push({ node: arg, entered: false });
    }
  }
  return out;
}

/** Every fitted node below the features, arguments before users. */
export function fittedNodes(features: readonly DeclaredFeature[]): FittedNode[] {
  return nodesBelow(features.map((feature) => feature.node)).filter((node) => node.kind === "fitted");
}
