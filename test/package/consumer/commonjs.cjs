// The same through require().
const arrow = require("apache-arrow");
const skewless = require("skewless");
const { run } = require("./scenario.cjs");
const { score } = require("./scoring.cjs");

run(skewless, arrow).then(async (result) => console.log(JSON.stringify({ ...result, model: await score(skewless) })));
