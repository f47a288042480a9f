// Runs in an empty project that installed the tarball: ES module, row mode and batch mode, a model and a log.
import * as arrow from "apache-arrow";
import * as skewless from "skewless";
import { run } from "./scenario.cjs";
import { score } from "./scoring.cjs";

console.log(JSON.stringify({ ...(await run(skewless, arrow)), model: await score(skewless) }));
