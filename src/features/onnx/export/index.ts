import { ARITHMETIC } from "./arithmetic.js";
import { CASTS } from "./casts.js";
import { ELEMENTARY } from "./elementary.js";
import { FITTED } from "./fitted.js";
import { GEO } from "./geo.js";
import { LOGIC } from "./logic.js";
import type { Mappings } from "./mapping.js";
import { QUANTILES } from "./quantiles.js";
import { ROUNDING } from "./rounding.js";
import { TEXT } from "./text.js";
import { TIME } from "./time.js";

/** Every function that ONNX can express, by name. */
export const MAPPINGS: Mappings = { ...ARITHMETIC, ...ROUNDING, ...LOGIC, ...CASTS, ...ELEMENTARY, ...TEXT, ...TIME, ...GEO, ...FITTED, ...QUANTILES };
