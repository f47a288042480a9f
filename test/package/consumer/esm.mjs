// Runs in an empty project that installed the tarball: ES module, row mode and batch mode.
import * as arrow from "apache-arrow";
import { defineFeatures, t } from "skewless";
import { run } from "./scenario.cjs";

console.log(JSON.stringify(await run({ defineFeatures, t }, arrow)));
