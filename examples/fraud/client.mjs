// What a payment system does: asks the service about each transaction in the order of time, and writes what it then knows
// of the card to the store.
import { Agent, request } from "node:http";
import { requestOf } from "./data.mjs";
import { cards, merchants } from "./features.mjs";

/** Asks a model of the service over HTTP; keeps its connections. */
export class Client {
  #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  #address;

  constructor(address) {
    this.#address = new URL(address);
  }

  #send(method, path, body, headers = {}) {
    return new Promise((resolve, reject) => {
      const { hostname, port } = this.#address;
      const options = { agent: this.#agent, hostname, port, path, method, headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }) } };
      const sent = request(options, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part) => (text += part));
        response.on("end", () => (response.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(`${response.statusCode} ${text}`)))).on("error", reject);
      });
      sent.on("error", reject).end(body);
    });
  }

  /** `{ prediction, fallback, reason?, sources? }` of a transaction. */
  predict(model, one, { sources = false } = {}) {
    return this.#send("POST", `/v1/models/${model}/predict${sources ? "?sources=true" : ""}`, JSON.stringify(requestOf(one)), { "x-request-id": one.id });
  }

  status() {
    return this.#send("GET", "/status.json");
  }

  close() {
    this.#agent.destroy();
  }
}

/**
 * Transactions one after the other in the order of their time, up to `concurrency` at once: those of one card never
 * overlap, so that each sees the one before. Calls `answered(transaction, answer, milliseconds)`.
 */
export async function replay({ client, model, transactions, ledger, store, concurrency = 16, answered }) {
  const underWay = new Map();
  const ask = async (one, before) => {
    await before;
    const start = performance.now();
    const answer = await client.predict(model, one);
    answered(one, answer, performance.now() - start);
    ledger.add(one);
    await store.put(cards, [{ keys: { card_id: one.card }, values: ledger.card(one.card), eventTime: one.ts }]);
    // Other processes see a new row within a millisecond. Days pass in seconds here, so that it matters.
    await new Promise((resolve) => setTimeout(resolve, 2));
  };
  for (const one of transactions) {
    if (ledger.wouldEndDay(one.ts)) {
      // Midnight: what is under way belongs to the old day; then the nightly job writes the merchants' rows.
      await Promise.all(underWay.values());
      ledger.advance(one.ts);
      await store.put(merchants, ledger.merchantRows().map(({ id, updated_at, ...values }) => ({ keys: { id }, values, eventTime: updated_at })));
    }
    while (underWay.size >= concurrency) await Promise.race(underWay.values());
    const own = ask(one, underWay.get(one.card));
    const entry = own.finally(() => underWay.get(one.card) === entry && underWay.delete(one.card));
    underWay.set(one.card, entry);
  }
  await Promise.all(underWay.values());
}
