// Everything before serving: the world, the fitted view, the table that train.py reads, and filled stores.
import { join } from "node:path";
import { createNpy } from "../flights/npy.mjs";
import { trainingTable } from "./data.mjs";
import { view } from "./features.mjs";
import { VIEW_FILE } from "./files.mjs";
import { Ledger } from "./ledger.mjs";
import { tableOfRows } from "./tables.mjs";
import { DAY, makeWorld, START } from "./world.mjs";

const TRAINING_DAYS = 40;

/** `{ world, ledger, training, later }`: training data of the first days, and the transactions after them. */
export function makeData() {
  const world = makeWorld();
  const ledger = new Ledger(world);
  const cutoff = START + TRAINING_DAYS * DAY;
  const training = trainingTable(ledger, world.transactions.filter(({ ts }) => ts < cutoff));
  ledger.advance(cutoff);
  return { world, ledger, training, later: world.transactions.filter(({ ts }) => ts >= cutoff) };
}

/** Fits the view and saves it. */
export async function fitView(training, folder) {
  const fitted = await view.fit(training);
  await fitted.save(join(folder, VIEW_FILE));
  return fitted;
}

/** The vectors and labels that train.py reads. Each fold of the rows is target-encoded by what the other folds taught. */
export async function writeTrainingTable(training, folder) {
  const { fitted, table } = await view.fitTransform(training, { folds: 5, seed: 1 });
  const columns = fitted.names.map((name) => table.getChild(name).toArray());
  const nulls = fitted.names.map((name) => table.getChild(name));
  const matrix = new Float32Array(table.numRows * columns.length);
  for (const [c, column] of columns.entries()) {
    // A null feature is NaN in a vector, which XGBoost takes for missing.
    for (let i = 0; i < column.length; i++) matrix[i * columns.length + c] = nulls[c].isValid(i) ? column[i] : NaN;
  }
  const files = [await createNpy(join(folder, "training-features.npy"), columns.length), await createNpy(join(folder, "training-labels.npy"))];
  await files[0].write(matrix);
  await files[1].write(Float32Array.from(training.getChild("is_fraud"), Number));
  await Promise.all(files.map((file) => file.close()));
  return table.numRows;
}

/** Puts what is known at the end of the training time into a store. */
export async function materialize(ledger, store) {
  const results = [
    await view.materialize(tableOfRows(ledger.cardRows()), { store, group: "cards" }),
    await view.materialize(tableOfRows(ledger.merchantRows()), { store, group: "merchants" }),
  ];
  return results.reduce((sum, { written }) => sum + written, 0);
}
