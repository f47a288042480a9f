export { createFeatureLog, type FeatureLog, type LogStats } from "./feature-log.js";
export type { FeatureLogOptions, FullPolicy } from "./options.js";
export type { LogRecord } from "./encoder.js";
export type { LogRole, LogSchema, NameAndVersion } from "./schema.js";
export type { CreateLogSink, LogSink } from "./target.js";
export { readLog, type BatchSource, type ReadLogOptions } from "./read-log.js";
export { trainingDataFromLog, type LabelData, type LoggedData, type TrainingDataOptions } from "./training-data.js";
