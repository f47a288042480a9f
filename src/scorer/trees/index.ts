export { readLightgbm } from "./lightgbm.js";
export { readXgboost } from "./xgboost.js";
