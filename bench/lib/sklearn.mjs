// scikit-learn as a subject: a Python process behind the subject's own, told by lines of JSON.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("sklearn_subject.py", import.meta.url));
/** One thread, as every other subject has. */
const ONE_THREAD = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1", PYTHONDONTWRITEBYTECODE: "1" };

let found;
/** The Python that has scikit-learn, and its version: $PYTHON, python3 of the path, or the system's own. */
export function findSklearn() {
  if (found !== undefined) return found ?? undefined;
  for (const python of [process.env.PYTHON, "python3", "/usr/bin/python3"].filter((path) => path !== undefined)) {
    const { status, stdout } = spawnSync(python, ["-c", "import sklearn; print(sklearn.__version__)"], { encoding: "utf8" });
    if (status === 0) return (found = { python, version: stdout.trim() });
  }
  found = null;
  return undefined;
}

/** Asks a Python process line by line. */
class PythonSubject {
  #child;
  #waiting;

  constructor(python) {
    this.#child = spawn(python, [script], { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...ONE_THREAD } });
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#waiting?.resolve(JSON.parse(line)));
    const failed = (error) => this.#waiting?.reject(error);
    this.#child.on("error", failed);
    this.#child.on("exit", (status) => failed(new Error(`Python ended with ${status}`)));
    // Its input closes with this process, which ends it.
  }

  ask(command) {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    });
  }
}

/** Starts Python on a column: its answers' sample, and a function of the number of calls that gives milliseconds. */
export async function startSklearn({ rows, numbers, texts, transformer, options, act }) {
  const subject = new PythonSubject(findSklearn().python);
  const folder = mkdtempSync(join(tmpdir(), "skewless-bench-"));
  try {
    if (numbers !== undefined) writeFileSync(join(folder, "numbers.f64"), numbers);
    if (texts !== undefined) {
      writeFileSync(join(folder, "texts.utf8"), texts.bytes);
      writeFileSync(join(folder, "offsets.i32"), texts.offsets);
    }
    const column = numbers === undefined ? "texts" : "numbers";
    const { sample } = await subject.ask({ prepare: { folder, rows, column, transformer, options, act } });
    return { sample: Float64Array.from(sample), time: async (calls) => (await subject.ask({ round: calls })).samples };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
