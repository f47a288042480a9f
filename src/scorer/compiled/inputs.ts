import { ModelError } from "../../errors.js";
import type { NativeTensor } from "../../native.js";
import type { ProgramInput } from "../program.js";
import type { Tensor } from "../tensor.js";

const encoder = new TextEncoder();

/** Rows of a tensor as the model sees it. Throws WRONG_SHAPE where its dims do not fit the declared ones. */
export function rowsOf(input: ProgramInput, width: number, dims: readonly number[]): number {
  const declared = input.dims;
  const fits = dims.length === declared.length && declared.every((dim, i) => typeof dim !== "number" || dim === dims[i]);
  // [width] is one row; [N] has one column.
  const isRow = dims.length === 0 || (dims.length === 1 && (width > 1 || typeof declared[0] === "number"));
  const rows = isRow ? 1 : (dims[0] ?? 1);
  const columns = (isRow ? dims : dims.slice(1)).reduce((product, dim) => product * dim, 1);
  if (!fits || columns !== width) {
    throw new ModelError("WRONG_SHAPE", "a tensor of another shape than the model's input", {
      path: [input.name],
      expected: formatDims(expectedDims(declared, width)),
      actual: formatDims(dims),
    });
  }
  return rows;
}

/** The declared dims with the last one filled in where that is what the model's width tells. */
function expectedDims(declared: readonly (number | string | null)[], width: number): readonly (number | string | null)[] {
  const unknown = declared.length - 1;
  const rest = declared.slice(1, -1);
  if (declared.length < 2 || typeof declared[unknown] === "number" || rest.some((dim) => typeof dim !== "number")) return declared;
  return [...declared.slice(0, -1), width / rest.reduce<number>((product, dim) => product * (dim as number), 1)];
}

export function formatDims(dims: readonly (number | string | null)[]): string {
  return `[${dims.map((dim) => dim ?? "?").join(", ")}]`;
}

/** What the add-on reads: the elements themselves, texts as UTF-8 in one buffer. */
export function nativeTensor(input: ProgramInput, tensor: Tensor, count: number): NativeTensor {
  if (tensor.type !== input.type) {
    throw new ModelError("WRONG_TYPE", "a tensor of another type than the model's input", { path: [input.name], expected: input.type, actual: tensor.type });
  }
  if (tensor.data.length !== count) {
    throw new ModelError("WRONG_SHAPE", "the elements do not fit the dims", {
      path: [input.name],
      expected: `${count} elements`,
      actual: `${tensor.data.length}`,
    });
  }
  if (tensor.type !== "string") return tensor.data as NodeJS.TypedArray;
  return packTexts(tensor.data as readonly string[]);
}

function packTexts(texts: readonly string[]): { bytes: Uint8Array; offsets: Uint32Array } {
  const offsets = new Uint32Array(texts.length + 1);
  let bytes = new Uint8Array(texts.reduce((sum, text) => sum + text.length, 16));
  let at = 0;
  for (const [i, text] of texts.entries()) {
    // A UTF-16 unit takes three bytes at most.
    if (bytes.length - at < text.length * 3) {
      const grown = new Uint8Array(bytes.length * 2 + text.length * 3);
      grown.set(bytes.subarray(0, at));
      bytes = grown;
    }
    at += encoder.encodeInto(text, bytes.subarray(at)).written;
    if (at > 0xffffffff) throw new ModelError("TOO_LARGE", "the texts of a batch take more than 4 GiB", { fix: "Score fewer rows at a time" });
    offsets[i + 1] = at;
  }
  return { bytes, offsets };
}
