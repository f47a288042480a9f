// The same through require().
const arrow = require("apache-arrow");
const skewless = require("skewless");
const { run } = require("./scenario.cjs");

run(skewless, arrow).then((result) => console.log(JSON.stringify(result)));
