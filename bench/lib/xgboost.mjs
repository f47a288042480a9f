import { spawnSync } from "node:child_process";

let found;
/** The Python that has XGBoost, and its version. */
export function findXgboost() {
  if (found !== undefined) return found ?? undefined;
  for (const python of [process.env.PYTHON, "python3", "/usr/bin/python3"].filter((path) => path !== undefined)) {
    const { status, stdout } = spawnSync(python, ["-c", "import xgboost; print(xgboost.__version__)"], { encoding: "utf8" });
    if (status === 0) return (found = { python, version: stdout.trim() });
  }
  found = null;
  return undefined;
}
