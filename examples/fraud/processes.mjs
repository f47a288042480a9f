// The processes beside the example's own: the service, and redis-server where it is installed.
import { fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";

/** Starts serve.mjs; resolves when it listens. */
export async function startService(folder, redisUrl) {
  const child = fork(fileURLToPath(new URL("serve.mjs", import.meta.url)), [folder, ...(redisUrl === undefined ? [] : [redisUrl])]);
  const ended = once(child, "exit").then(([code, signal]) => ({ code, signal }));
  const first = await Promise.race([once(child, "message").then(([message]) => message), ended]);
  if (first.address === undefined) throw new Error(`the service ended with ${first.signal ?? first.code}`);
  return {
    address: first.address,
    async stop() {
      child.kill("SIGTERM");
      const { code } = await ended;
      if (code !== 0) throw new Error(`the service ended with ${code}`);
    },
  };
}

export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

const listens = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });

/** A redis-server that keeps nothing on disk: after a restart it is empty. */
export class Redis {
  #port;
  #child;

  static async start() {
    const redis = new Redis();
    redis.#port = await freePort();
    process.once("exit", () => redis.#child?.kill("SIGKILL"));
    await redis.start();
    return redis;
  }

  get url() {
    return `redis://127.0.0.1:${this.#port}`;
  }

  async start() {
    this.#child = spawn("redis-server", ["--port", String(this.#port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"], { stdio: "ignore" });
    for (let i = 0; !(await listens(this.#port)); i++) {
      if (i === 200) throw new Error("redis-server did not start");
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** Sends a signal: SIGSTOP, SIGCONT, SIGKILL. */
  signal(name) {
    this.#child.kill(name);
  }
}
