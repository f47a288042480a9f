// The public interface; nothing else is.
export { defineFeatures, type FeatureSet, type FitStateOptions, type FitTransformOptions } from "./features/define-features.js";
export { columns, type FeatureColumns } from "./features/columns.js";
export { mergeStates, type FitState } from "./features/fit-state.js";
export type { FitTransformResult } from "./features/fit-transform.js";
export { type FittedFeatures, type FittedStep } from "./features/fitted-features.js";
export { loadFeatures, featuresFromJson } from "./features/spec.js";
export { checkModelFingerprint, featuresFromModel, type AttachOptions } from "./features/onnx/attach.js";
export { fromOnnx, type FromOnnxOptions } from "./features/onnx/import/from-onnx.js";
export type { OnnxModel, OnnxSupport, OnnxUnsupported, ToOnnxOptions } from "./features/onnx/export/to-onnx.js";
export type { OnnxInput } from "./features/onnx/export/inputs.js";
export type { OnnxOutput } from "./features/onnx/export/outputs.js";
export type { FeatureValue, Features } from "./features/definition.js";
export type { FitData, FitOptions, FitProgress } from "./features/fit.js";
export type { ExprsOf, Inputs, RowOf } from "./features/inputs.js";
export type { DescribeRow } from "./features/describe.js";
export type * from "./features/fitted/index.js";
export { Engine, type BatchStream, type EngineOptions, type StreamOptions } from "./engine/engine.js";
export type { BatchAsyncOptions, VectorMap } from "./engine/batch-engine.js";
export type { OutputValue } from "./engine/row-engine.js";
export type { EngineStats, ModeStats } from "./engine/stats.js";
export { t, type AnyInputType, type InputType } from "./types/input-type.js";
export type { DataType, OutputType, TimeUnit } from "./types/data-type.js";
export { allOf, anyOf, coalesce, concat, cross, greatest, least, lit, switchOn, when } from "./expr/extensions.js";
export { ColumnsExpr, Expr, Feature } from "./expr/expr.js";
export type * from "./expr/functions.gen.js";
export type { Duration } from "./expr/duration.js";
export { Predictor } from "./scorer/predictor.js";
export type {
  PredictAsyncOptions,
  PredictManyOptions,
  PredictOptions,
  PredictorOptions,
  PredictStream,
  PredictTableOptions,
} from "./scorer/predictor/options.js";
export type { FallbackPrediction, FallbackReason, InputExplanation, InputExplanations, ModelPrediction, Prediction, PredictionValue } from "./scorer/predictor/prediction.js";
export type { Fallback, LastAnswer, RowPredictor } from "./scorer/predictor/fallback.js";
export type { BadInputOptions, InputPolicy, Policy } from "./scorer/predictor/policies.js";
export type { Validity } from "./scorer/predictor/validity.js";
export { inputStatistics, type InputStatistics, type InputStatisticsOptions, type StatisticName } from "./scorer/predictor/statistics.js";
export { mergeStats, type BadReason, type PolicyCounts, type PolicyName, type PredictorStats } from "./scorer/predictor/stats.js";
export { LatencyHistogram, type LatencyBucket, type LatencyHistogramJson } from "./scorer/predictor/histogram.js";
export type { PredictorCost, StepCost } from "./scorer/predictor/cost.js";
export type { Key } from "./scorer/predictor/lru.js";
export { checkParity, type ParityData, type ParityEngine, type ParityOptions, type ParityReport, type ParityResult } from "./parity/check-parity.js";
export { formatDifference, type ParityDifference } from "./parity/difference.js";
export { memoryStore, type MemoryStore, type MemoryStoreOptions } from "./online/store/memory.js";
export { lmdbStore, type LmdbStore, type LmdbStoreOptions } from "./online/store/lmdb.js";
export { redisStore, type RedisStore, type RedisStoreOptions } from "./online/store/redis.js";
export { guardStore, type GuardCounters, type GuardedStore, type GuardOptions } from "./online/store/guard.js";
export type { BreakerOptions, BreakerState } from "./online/store/breaker.js";
export { planFromJson, planToJson } from "./plan/json.js";
export type { Plan } from "./plan/plan.js";
export { Scorer, type ScorerBackend, type ScorerOptions, type Scores } from "./scorer/scorer.js";
export type { ModelSource } from "./scorer/load-model.js";
export type { SessionOptions } from "./scorer/onnxruntime/session-options.js";
export type { InputElement, InputValue, ScorerInput } from "./scorer/input-tensors.js";
export type { RunAsyncOptions, RunOptions } from "./scorer/backend.js";
export type { ModelValue, Tensor, TensorData, TensorInfo, TensorType } from "./scorer/tensor.js";
export {
  AbortedError,
  AddonError,
  DeadlineExceeded,
  DefinitionError,
  FitError,
  InputError,
  ModelError,
  OnlineError,
  OnnxError,
  PeerError,
  PlanError,
  SkewlessError,
  SpecError,
  type ErrorCode,
} from "./errors.js";
export { openTable, readTable, createTable, TableError, type ReadOptions, type TableSink, type TableSource } from "./io/index.js";
export {
  createFeatureLog,
  readLog,
  trainingDataFromLog,
  type BatchSource,
  type CreateLogSink,
  type FeatureLog,
  type FeatureLogOptions,
  type FullPolicy,
  type LabelData,
  type LoggedData,
  type LogRecord,
  type LogRole,
  type LogSchema,
  type LogSink,
  type LogStats,
  type ReadLogOptions,
  type TrainingDataOptions,
} from "./online/log/index.js";
export {
  createPredictor,
  PredictorService,
  type FallbackRow,
  type LatencyBudget,
  type LoggedFeatures,
  type NameVersion,
  type PredictorServiceOptions,
  type RecentError,
  type ServiceCallOptions,
  type ServiceFallbackReason,
  type ServiceLogOptions,
  type ServiceManyOptions,
  type ServicePrediction,
  type ServiceStats,
  type ServiceStep,
  type StoreStats,
} from "./online/service/index.js";
export { featureGroup, type FeatureGroup } from "./online/group.js";
export { defineFeatureView, type FeatureView, type FitInputs, type OnDemand, type ShapeOf } from "./online/view/define-feature-view.js";
export type { FittedView, TransformOptions } from "./online/view/fitted-view.js";
export { featureViewFromJson, loadFeatureView } from "./online/view/load-view.js";
export type { MaterializeOptions, MaterializeProgress, MaterializeResult } from "./online/view/materialize.js";
export type {
  ConnectOptions,
  FeaturesWithSources,
  OnlineView,
  Retrieved,
  RetrieveOptions,
  Sources,
  UntransformedFeatures,
  UntransformedValue,
  VectorOptions,
  VectorWithSources,
} from "./online/view/online-view.js";
export type { InputSource } from "./online/view/row-state.js";
export type { FeaturePolicies, FeaturePolicy, PoliciesOf, Statistic, ValueRule } from "./online/view/policies.js";
export type { JsonSchema, OpenApiOptions, ViewSchema } from "./online/view/schema.js";
export type { FeatureRequest, InputsOf, JoinedGroup, PassedDeclaration, ViewGroup, ViewShape } from "./online/view/types.js";
export type { KeyValues, Lookup, LookupResult, OnlineStore, StoredRow, StoreWrite, WriteResult } from "./online/store/store.js";
export {
  createServer,
  type GivenModels,
  type ModelVersions,
  type ServedError,
  type ServedManyOptions,
  type ServedModel,
  type ServedOptions,
  type ServedPrediction,
  type ServedStats,
  type ServedVectorOptions,
  type ServedView,
  type Server,
  type ServerOptions,
} from "./online/server/index.js";
