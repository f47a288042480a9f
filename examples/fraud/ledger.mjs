// What was known at each moment: the rows of the two feature groups as they were before a transaction. Training data are
// made of these, and the online store holds the newest of them, so that a model is trained on what a request would see.
import { DAY } from "./world.mjs";

/** Of a card: the last transaction, those of the last day, mean and deviation of all amounts (Welford's recurrence). */
class CardHistory {
  #card;
  #last;
  #recent = [];
  #count = 0;
  #mean = 0;
  #squares = 0;

  constructor(card) {
    this.#card = card;
  }

  add(one) {
    this.#last = one;
    this.#recent = [...this.#recent.filter(({ ts }) => ts > one.ts - DAY), one];
    const before = one.amount - this.#mean;
    this.#count++;
    this.#mean += before / this.#count;
    this.#squares += before * (one.amount - this.#mean);
  }

  /** The row of the group `cards`. */
  get values() {
    const last = this.#last;
    return {
      home_lat: this.#card.lat,
      home_lon: this.#card.lon,
      prev_ts: last?.ts ?? null,
      prev_ip: last?.ip ?? null,
      prev_lat: last?.lat ?? null,
      prev_lon: last?.lon ?? null,
      recent_amounts: this.#recent.map(({ amount }) => amount),
      recent_times: this.#recent.map(({ ts }) => ts),
      amount_mean: this.#count > 0 ? this.#mean : null,
      amount_std: this.#count > 2 ? Math.sqrt(this.#squares / (this.#count - 1)) : null,
    };
  }

  get updatedAt() {
    return this.#last?.ts ?? 0;
  }
}

/** Of a merchant, made by a job that runs at midnight: the mean amount and the frauds reported until then. */
class MerchantHistory {
  #merchant;
  #count = 0;
  #sum = 0;
  #reported = 0;
  #row;

  constructor(merchant) {
    this.#merchant = merchant;
    this.endDay();
  }

  add({ amount }) {
    this.#count++;
    this.#sum += amount;
  }
  report() {
    this.#reported++;
  }
  endDay() {
    // A few payments of no fraud in front, so that one report among five payments does not make a fifth.
    this.#row = { category: this.#merchant.category, amount_mean: this.#count > 0 ? this.#sum / this.#count : null, fraud_rate: this.#reported / (this.#count + 50) };
  }

  /** The row of the group `merchants`. */
  get values() {
    return this.#row;
  }
}

/** Follows the transactions in the order of their time. */
export class Ledger {
  #cards;
  #merchants;
  #day = 0;
  /** Reports to come, by the day on which they arrive. */
  #reports = new Map();

  constructor({ cards, merchants }) {
    this.#cards = new Map(cards.map((card) => [card.id, new CardHistory(card)]));
    this.#merchants = new Map(merchants.map((merchant) => [merchant.id, new MerchantHistory(merchant)]));
  }

  wouldEndDay(ts) {
    return Math.floor(ts / DAY) !== this.#day;
  }

  /** Ends all days before this moment. Merchants have new rows when one ended. */
  advance(ts) {
    if (!this.wouldEndDay(ts)) return;
    this.#day = Math.floor(ts / DAY);
    for (const [day, merchantIds] of this.#reports) {
      if (day >= this.#day) continue;
      for (const id of merchantIds) this.#merchants.get(id).report();
      this.#reports.delete(day);
    }
    for (const merchant of this.#merchants.values()) merchant.endDay();
  }

  card(id) {
    return this.#cards.get(id).values;
  }
  merchant(id) {
    return this.#merchants.get(id).values;
  }

  /** The transaction has happened: later rows know of it. */
  add(one) {
    this.#cards.get(one.card).add(one);
    this.#merchants.get(one.merchant).add(one);
    if (one.fraud === "") return;
    const day = Math.floor(one.reportedAt / DAY);
    this.#reports.set(day, [...(this.#reports.get(day) ?? []), one.merchant]);
  }

  /** All rows of the group `cards` and of the group `merchants`, with keys and event times, as tables to materialize have them. */
  cardRows() {
    return [...this.#cards].map(([id, history]) => ({ card_id: id, ...history.values, updated_at: history.updatedAt }));
  }
  merchantRows() {
    return [...this.#merchants].map(([id, history]) => ({ id, ...history.values, updated_at: this.#day * DAY }));
  }
}
