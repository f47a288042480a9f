import { operandsOf, type ModelProgram, type Register, type RegisterIndex, type Step } from "../program.js";

function renumbered(step: Step, at: (register: RegisterIndex) => RegisterIndex): Step {
  switch (step.op) {
    case "binary":
      return { ...step, left: at(step.left), right: at(step.right), output: at(step.output) };
    case "where":
      return { ...step, condition: at(step.condition), yes: at(step.yes), no: at(step.no), output: at(step.output) };
    case "concat":
      return { ...step, inputs: step.inputs.map(at), output: at(step.output) };
    default:
      return { ...step, input: at(step.input), output: at(step.output) };
  }
}

/** The steps without an addition of constants after a product of matrices: it becomes the product's bias, which is added last too. */
function withBias(steps: readonly Step[], registers: readonly Register[], kept: readonly RegisterIndex[]): Step[] {
  const uses = new Map<RegisterIndex, number>();
  for (const register of [...kept, ...steps.flatMap(operandsOf)]) uses.set(register, (uses.get(register) ?? 0) + 1);
  const makers = new Map<RegisterIndex, number>();
  const out: (Step | undefined)[] = [...steps];
  for (const [i, step] of steps.entries()) {
    makers.set(step.output, i);
    if (step.op !== "binary" || step.fn !== "add") continue;
    for (const [product, other] of [[step.left, step.right], [step.right, step.left]] as const) {
      const maker = makers.get(product);
      const dense = maker === undefined ? undefined : out[maker];
      const bias = registers[other]?.constant;
      if (dense?.op !== "dense" || dense.bias !== undefined || uses.get(product) !== 1) continue;
      if (!(bias instanceof Float32Array || bias instanceof Float64Array)) continue;
      const width = (registers[product] as Register).width;
      if (width !== (registers[step.output] as Register).width) continue;
      out[maker as number] = undefined;
      out[i] = { ...dense, output: step.output, bias: bias.length === width ? bias : spread(bias, width) };
      break;
    }
  }
  return out.filter((step) => step !== undefined);
}

function spread(bias: Float32Array | Float64Array, width: number): Float32Array | Float64Array {
  const value = bias[0] as number;
  return bias instanceof Float32Array ? new Float32Array(width).fill(value) : new Float64Array(width).fill(value);
}

/** The program without steps and registers that no output needs. Inputs stay, so that callers see the model's own. */
export function prune({ steps, registers, inputs, outputs, ...rest }: ModelProgram): ModelProgram {
  const outputRegisters = outputs.map(({ register }) => register);
  const live = new Set<RegisterIndex>(outputRegisters);
  const needed = steps
    .toReversed()
    .filter((step) => {
      if (!live.has(step.output)) return false;
      for (const input of operandsOf(step)) live.add(input);
      return true;
    })
    .toReversed();
  const fused = withBias(needed, registers, outputRegisters);
  const places = new Map<RegisterIndex, RegisterIndex>();
  const kept: Register[] = [];
  const at = (register: RegisterIndex): RegisterIndex => {
    let place = places.get(register);
    if (place === undefined) {
      place = kept.length;
      places.set(register, place);
      kept.push(registers[register] as Register);
    }
    return place;
  };
  const newInputs = inputs.map((input) => ({ ...input, register: at(input.register) }));
  const newSteps = fused.map((step) => renumbered(step, at));
  return { ...rest, inputs: newInputs, steps: newSteps, outputs: outputs.map((output) => ({ ...output, register: at(output.register) })), registers: kept };
}
