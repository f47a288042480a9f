import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

const entry = fileURLToPath(new URL("subject-process.mjs", import.meta.url));

/**
 * A subject in a process of its own: prepared once, then told to run a round whenever its turn comes. Allocators,
 * thread pools and compiled code of one subject so never meet another's, while rounds can still alternate.
 */
export class SubjectProcess {
  #child;
  #waiting;
  #ended;

  /** Starts the process; resolves with what `prepare` of the subject returned as facts. */
  static async start(task, { execArgv = [], env = {} } = {}) {
    const subject = new SubjectProcess(task, execArgv, env);
    const facts = await subject.#ask({ kind: "prepare", task });
    return { subject, facts };
  }

  constructor(task, execArgv, env) {
    const name = `${task.suite}/${task.case}/${task.process}`;
    this.#child = fork(entry, [], { execArgv, env: { ...process.env, ...env }, serialization: "advanced" });
    this.#child.on("message", (message) => {
      const { resolve, reject } = this.#waiting;
      if (message.error === undefined) resolve(message.value);
      else reject(new Error(`${name}: ${message.error}`));
    });
    this.#child.on("exit", (code, signal) => {
      if (!this.#ended) this.#waiting?.reject(new Error(`${name}: the process ended with ${signal ?? code}`));
    });
  }

  #ask(message) {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#child.send(message, (error) => error && reject(error));
    });
  }

  /** One round: what the subject's `round` returned. */
  round() {
    return this.#ask({ kind: "round" });
  }

  async end() {
    this.#ended = true;
    if (this.#child.exitCode !== null) return;
    const closed = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.disconnect();
    // Peers with threads of their own may keep the process alive.
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 2000);
    await closed;
    clearTimeout(timer);
  }
}
