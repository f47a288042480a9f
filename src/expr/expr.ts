import { DefinitionError } from "../errors.js";
import { kernelType, type DataType, type KernelType, type OutputType } from "../types/data-type.js";
import { formatNode, type Node } from "./node.js";

declare const KIND: unique symbol;

/**
 * A typed, immutable expression over inputs. Methods make new expressions; nothing is computed until a plan runs.
 * `Kind` keeps expressions of different types apart for the compiler.
 */
export abstract class Expr<out Kind extends KernelType = KernelType> {
  /** Never set. */
  declare readonly [KIND]: Kind;
  /** @internal */
  readonly node: Node;

  /** @internal */
  constructor(node: Node) {
    this.node = node;
  }

  get type(): DataType {
    return this.node.type;
  }

  /** Stores the feature as another type than float32. float64 to an integer fails on a fraction; narrowing fails out of range. */
  as<T extends OutputType>(type: T): Feature<T> {
    return new Feature(this, type);
  }

  toString(): string {
    return formatNode(this.node);
  }
}

/** An expression with the type that its output column has. */
export class Feature<out T extends OutputType = OutputType> {
  /** @internal */
  constructor(
    /** @internal */
    readonly expr: Expr,
    readonly output: T,
  ) {}
}

/** A fitted transformation with several outputs; as a feature it becomes the columns `<name>_<suffix>`. */
export class ColumnsExpr {
  /** @internal */
  constructor(
    /** @internal */
    readonly node: Node,
    /** @internal */
    readonly output: OutputType = "float32",
  ) {}

  /** Stores all columns as another type than float32. */
  as(type: OutputType): ColumnsExpr {
    return new ColumnsExpr(this.node, type);
  }
}

type ExprClass = new (node: Node) => Expr;
const classes = new Map<KernelType, ExprClass>();

/** @internal Called once by each generated class. */
export function registerExprClass(kind: KernelType, constructor: ExprClass): void {
  classes.set(kind, constructor);
}

/** @internal The expression class for a node's type. */
export function wrap(node: Node): Expr {
  const constructor = classes.get(kernelType(node.type));
  if (constructor === undefined) {
    throw new DefinitionError("INVALID_DEFINITION", `no expression class for ${kernelType(node.type)}`);
  }
  return new constructor(node);
}
