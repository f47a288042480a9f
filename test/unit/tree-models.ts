import type { ModelFile } from "../../src/scorer/backend.js";
import type { ModelProgram } from "../../src/scorer/program.js";

export function programOf({ compiled }: ModelFile): ModelProgram {
  if (!("program" in compiled)) throw new Error(compiled.reason);
  return compiled.program;
}
