export { createServer, type Server } from "./create-server.js";
export type { GivenModels, ModelVersions } from "./deployments.js";
export type { ServerOptions } from "./options.js";
export type { ServedError, ServedManyOptions, ServedModel, ServedOptions, ServedPrediction, ServedStats, ServedVectorOptions, ServedView } from "./served-model.js";
