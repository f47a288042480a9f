import { NODE_MODES, type ModelProgram, type Step, type TreeEnsemble } from "../../src/scorer/program.js";

/** A plain evaluator of the steps that tree models use, row by row, written from program.ts alone. */
export function evaluate(program: ModelProgram, rows: ArrayLike<number>): ReadonlyMap<string, { width: number; values: number[] }> {
  const width = program.registers[program.inputs[0]!.register]!.width;
  const out = new Map(program.outputs.map(({ name, register }) => [name, { width: program.registers[register]!.width, values: [] as number[] }]));
  for (let at = 0; at < rows.length; at += width) {
    const registers = program.registers.map(({ constant }) => (constant === undefined ? [] : Array.from(constant as ArrayLike<number>)));
    registers[program.inputs[0]!.register] = Array.from({ length: width }, (_, i) => rows[at + i]!);
    for (const step of program.steps) run(step, registers, program);
    for (const { name, register } of program.outputs) out.get(name)!.values.push(...registers[register]!);
  }
  return out;
}

function run(step: Step, registers: number[][], { registers: declared }: ModelProgram): void {
  const single = declared[step.output]!.element === "f32";
  const round = (value: number): number => (single ? Math.fround(value) : value);
  const input = (index: number): number[] => registers[index]!;
  const pick = (list: number[], i: number): number => list[list.length === 1 ? 0 : i]!;
  const set = (values: number[]): void => {
    registers[step.output] = values.map(round);
  };
  switch (step.op) {
    case "trees":
      return set(trees(step.ensemble, input(step.input)));
    case "unary": {
      const functions: Partial<Record<typeof step.fn, (x: number) => number>> = {
        abs: Math.abs,
        floor: Math.floor,
        exp: Math.exp,
        sigmoid: (x) => 1 / (1 + Math.exp(-x)),
        softplus: (x) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0),
        binarize: (x) => (x > step.alpha! ? 1 : 0),
      };
      return set(input(step.input).map(functions[step.fn]!));
    }
    case "binary": {
      const functions: Partial<Record<typeof step.fn, (x: number, y: number) => number>> = {
        add: (x, y) => x + y,
        mul: (x, y) => x * y,
        div: (x, y) => x / y,
        eq: (x, y) => Number(x === y),
      };
      return set(input(step.left).map((x, i) => functions[step.fn]!(x, pick(input(step.right), i))));
    }
    case "where":
      return set(input(step.condition).map((condition, i) => pick(input(condition !== 0 ? step.yes : step.no), i)));
    case "select":
      return set(Array.from(step.columns, (column) => input(step.input)[column]!));
    case "concat":
      return set(step.inputs.flatMap(input));
    case "impute":
      return set(input(step.input).map((x, i) => (Object.is(x, step.missing) ? Number(step.values[i]) : x)));
    case "cast":
      return set(input(step.input));
    case "reduce":
      return set([input(step.input).reduce((sum, x) => sum + x, 0)]);
    case "argmax": {
      const values = input(step.input);
      return set([values.indexOf(Math.max(...values))]);
    }
    case "softmax": {
      const values = input(step.input);
      const powers = values.map((x) => Math.exp(x - Math.max(...values)));
      return set(powers.map((x) => x / powers.reduce((sum, y) => sum + y, 0)));
    }
    case "dense": {
      const x = input(step.input);
      const outputs = declared[step.output]!.width;
      return set(Array.from({ length: outputs }, (_, k) => x.reduce((sum, value, i) => round(sum + round(value * step.weights[i * outputs + k]!)), 0)));
    }
    default:
      throw new Error(`the step ${step.op} is none of a tree model`);
  }
}

function trees(ensemble: TreeEnsemble, row: number[]): number[] {
  const round = (value: number): number => (ensemble.accumulate === "f32" ? Math.fround(value) : value);
  const sums = Array.from(ensemble.base);
  if (!ensemble.baseFirst || ensemble.aggregate !== "sum") throw new Error("not as the readers write it");
  for (const root of ensemble.roots) {
    let node = root;
    for (let mode = NODE_MODES[ensemble.modes[node]!]; mode !== "leaf"; mode = NODE_MODES[ensemble.modes[node]!]) {
      const x = row[ensemble.features[node]!]!;
      const threshold = ensemble.thresholds[node]!;
      let yes: boolean;
      if (Number.isNaN(x) || (ensemble.zeroMissing?.[node] === 1 && Math.abs(x) <= Math.fround(1e-35))) yes = ensemble.missingYes[node] === 1;
      else if (mode === "lt") yes = x < threshold;
      else if (mode === "le") yes = x <= threshold;
      else if (mode === "eq") yes = x === threshold;
      else if (mode === "in") {
        const category = Math.trunc(x);
        const set = ensemble.sets[threshold]!;
        yes = category >= 0 && category < set.length * 32 && ((set[Math.floor(category / 32)]! >>> (category % 32)) & 1) === 1;
      } else throw new Error(`the mode ${mode}`);
      node = yes ? ensemble.yes[node]! : ensemble.no[node]!;
    }
    for (let i = ensemble.leafStarts[node]!; i < ensemble.leafStarts[node + 1]!; i++) {
      sums[ensemble.leafTargets[i]!] = round(sums[ensemble.leafTargets[i]!]! + ensemble.leafValues[i]!);
    }
  }
  return sums;
}
