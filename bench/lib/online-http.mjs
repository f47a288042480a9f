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

/**
 * Of a server, three loads in a round:
 * - `http`: one connection, each request after the answer before. Microseconds from request to answer, the client's part
 *   included.
 * - `http-full`: ten connections without pause. Microseconds a request, the reciprocal of the throughput.
 * - `http-2000-p99`: 2,000 requests a second. Milliseconds until the answer, counted from when each should have been
 *   sent, in whole ones as autocannon has them; and `http-2000-cpu`, microseconds of the server's processor time a request.
 */
export const httpSubject = (name) => ({
  prepare: async ({ quick }) => {
    const server = await startServer(name);
    const answer = await globalThis.fetch(`${server.address}/v1/predict`, { method: "POST", headers: { "content-type": "application/json" }, body: BODIES[0] });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(text);
    const duration = quick ? 1 : 3;
    const micros = async (options) => {
      const { requests, duration: took } = await load(server.address, { duration, ...options });
      return (took * 1e6) / requests.total;
    };
    await micros({});
    return {
      // Bytes of the bodies: both must be given and give about as many, or the comparison would mean nothing.
      facts: { sample: [BODIES[0].length, text.length] },
      round: async () => {
        const single = await micros({ connections: 1 });
        const full = await micros({});
        const before = await server.cpuMicros();
        const { latency, requests } = await load(server.address, { duration: quick ? 2 : 5, overallRate: RATE });
        const cpu = (await server.cpuMicros()) - before;
        return [
          { subject: name, samples: [single] },
          { case: "http-full", subject: name, samples: [full] },
          { case: "http-2000-p99", subject: name, unit: "ms", samples: [latency.p99] },
          { case: "http-2000-cpu", subject: name, samples: [cpu / requests.total] },
        ];
      },
    };
  },
});
