export { createPredictor } from "./create-predictor.js";
export { PredictorService } from "./predictor-service.js";
export type { LatencyBudget } from "./budget.js";
export type { LoggedFeatures } from "./logged-features.js";
export type { FallbackRow, PredictorServiceOptions, ServiceCallOptions, ServiceLogOptions, ServiceManyOptions } from "./options.js";
export type { NameVersion, ServiceFallbackReason, ServicePrediction } from "./prediction.js";
export type { RecentError, ServiceStats, ServiceStep } from "./statistics.js";
export type { StoreStats } from "./stores.js";
