import type { Node } from "./node.js";
import { BINARY_OPERATORS } from "./ops/binary.js";
import { CAST_OPERATORS } from "./ops/cast.js";
import { COLUMN_OPERATORS } from "./ops/columns.js";
import { CONSTANT_OPERATORS } from "./ops/constants.js";
import { DENSE_OPERATORS } from "./ops/dense.js";
import { REDUCE_OPERATORS } from "./ops/reduce.js";
import { SHAPE_OPERATORS } from "./ops/shape.js";
import { UNARY_OPERATORS } from "./ops/unary.js";
import { LABEL_OPERATORS } from "./ml/labels.js";
import { LINEAR_OPERATORS } from "./ml/linear.js";
import { PREPROCESSING_OPERATORS } from "./ml/preprocessing.js";
import { TREE_OPERATORS } from "./ml/trees.js";
import { NotCompiled } from "./reason.js";
import type { Value } from "./value.js";

/** Appends a node's steps and returns its outputs; undefined for those that it has no value for. */
export type Compile = (node: Node) => readonly (Value | undefined)[];

export interface Operator {
  /** The first version of the operator set whose meaning is compiled. */
  readonly since: number;
  readonly compile: Compile;
}

export type Operators = Readonly<Record<string, Operator>>;

/** Versions of the operator sets that are known; a later one may change what an operator means. */
const LATEST = { "": 26, "ai.onnx.ml": 5 } as const;

const OPERATORS: Readonly<Record<string, Operators>> = {
  "": {
    ...CONSTANT_OPERATORS,
    ...UNARY_OPERATORS,
    ...BINARY_OPERATORS,
    ...CAST_OPERATORS,
    ...DENSE_OPERATORS,
    ...REDUCE_OPERATORS,
    ...SHAPE_OPERATORS,
    ...COLUMN_OPERATORS,
  },
  "ai.onnx.ml": { ...TREE_OPERATORS, ...LINEAR_OPERATORS, ...PREPROCESSING_OPERATORS, ...LABEL_OPERATORS },
};

/** Operators that are compiled, by domain. */
export function operatorNames(domain: "" | "ai.onnx.ml"): readonly string[] {
  return Object.keys(OPERATORS[domain] as Operators);
}

export function findOperator(domain: string, name: string, version: number, title: string): Compile {
  const set = Object.hasOwn(OPERATORS, domain) ? OPERATORS[domain] : undefined;
  const operator = set !== undefined && Object.hasOwn(set, name) ? set[name] : undefined;
  if (operator === undefined) throw new NotCompiled(`${title}: not an operator that is compiled`);
  const latest = LATEST[domain as keyof typeof LATEST];
  if (version > latest) throw new NotCompiled(`${title}: version ${version} of the operators, where ${latest} is the last known`);
  if (version < operator.since) throw new NotCompiled(`${title}: version ${version} of the operators; it is compiled since ${operator.since}`);
  return operator.compile;
}
