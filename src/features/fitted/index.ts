// Two lines a transformation: importing its file defines it and its method; its options are public.
import "./standard-scaler.js";
export type { StandardScalerOptions } from "./standard-scaler.js";
