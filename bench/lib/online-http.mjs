// POST /v1/predict under load by autocannon, beside a bare Fastify route; each server in a process of its own.
import autocannon from "autocannon";
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { makeRequests } from "./online-view.mjs";

const CONNECTIONS = 10;
const RATE = 2000;
const BODIES = makeRequests(256).map((request) => JSON.stringify(request));

async function startServer(kind) {
  const child = fork(fileURLToPath(new URL("online-server.mjs", import.meta.url)), [kind]);
  process.once("exit", () => child.kill("SIGKILL"));
  const message = async () => {
    const [value] = await Promise.race([once(child, "message"), once(child, "exit").then(() => [undefined])]);
    if (value === undefined) throw new Error(`the ${kind} server ended`);
    return value;
  };
  const { address } = await message();
  return {
    address,
    /** Microseconds of processor time so far, of all threads. */
    async cpuMicros() {
      const answer = message();
      child.send("cpu");
      const { cpu } = await answer;
      return cpu.user + cpu.system;
    },
  };
}

async function load(address, options) {
  const requests = BODIES.map((body) => ({ method: "POST", path: "/v1/predict", headers: { "content-type": "application/json" }, body }));
  const result = await autocannon({ url: address, connections: CONNECTIONS, requests, ...options });
  const failed = result.errors + result.timeouts + result.non2xx;
  if (failed > 0) throw new Error(`${failed} of ${result.requests.total} requests failed`);
  return result;
}

/** Microseconds a request while 10 connections ask without pause, and of the server's processor time in it. */
export const httpSubject = (name, kind) => ({
  prepare: async ({ quick }) => {
    const server = await startServer(kind);
    const answer = await fetch(`${server.address}/v1/predict`, { method: "POST", headers: { "content-type": "application/json" }, body: BODIES[0] });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(text);
    await load(server.address, { duration: quick ? 1 : 4 });
    return {
      // Bytes of the bodies: both must be given and give about as many, or the comparison would mean nothing.
      facts: { sample: [BODIES[0].length, text.length] },
      round: async () => {
        const before = await server.cpuMicros();
        const { requests, duration } = await load(server.address, { duration: quick ? 2 : 4 });
        const cpu = (await server.cpuMicros()) - before;
        return [
          { subject: name, samples: [(duration * 1e6) / requests.total] },
          { case: "http-cpu", subject: name, samples: [cpu / requests.total] },
        ];
      },
    };
  },
});

/** Milliseconds until an answer at 2,000 requests a second, counted from when each should have been sent. */
export const httpRateSubject = () => ({
  prepare: async ({ quick }) => {
    const server = await startServer("skewless");
    await load(server.address, { duration: quick ? 1 : 4 });
    return {
      round: async () => {
        const { latency, requests, duration } = await load(server.address, { duration: quick ? 3 : 10, overallRate: RATE });
        return [
          { subject: "median", samples: [latency.p50] },
          { subject: "p99", samples: [latency.p99] },
          { case: "http-2000-rate", subject: "answered a second", unit: "requests", samples: [requests.total / duration] },
        ];
      },
    };
  },
});
