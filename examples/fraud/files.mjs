/** Names of files in the example's folder, out/fraud. */
export const VIEW_FILE = "fraud.view.json";
export const STORE_FILE = "features.mdb";
