// Runs one subject of one case on the parent's command; see processes.mjs.
let round;

async function answer(message) {
  if (message.kind === "round") return round();
  const { suite, case: name, process: processName, options } = message.task;
  const { default: definition } = await import(`../cases/${suite}.mjs`);
  const prepare = definition.cases.find((entry) => entry.name === name).processes[processName].prepare;
  const prepared = await prepare(options);
  round = prepared.round;
  return prepared.facts;
}

process.on("message", (message) => {
  answer(message).then(
    (value) => process.send({ value }),
    (error) => process.send({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
