// Training data, and what a request brings.
import { tableOfRows } from "./tables.mjs";

/** A request to the view, as JSON has it. */
export const requestOf = (one) => ({
  servingKeys: { card_id: one.card, merchant_id: one.merchant },
  requestParameters: { amount: one.amount, ts: one.ts, ip: one.ip, lat: one.lat, lon: one.lon, entry: one.entry },
});

/**
 * The transactions as the view's inputs, each with the rows of card and merchant as they were at its time: no row knows
 * of its own transaction or of a later one. Moves the ledger to the last of them.
 */
export function trainingTable(ledger, transactions) {
  return tableOfRows(rowsAtTheirTime(ledger, transactions));
}

function* rowsAtTheirTime(ledger, transactions) {
  for (const one of transactions) {
    ledger.advance(one.ts);
    const { servingKeys, requestParameters } = requestOf(one);
    const { category, amount_mean, fraud_rate } = ledger.merchant(one.merchant);
    const merchant = { merchant_category: category, merchant_amount_mean: amount_mean, merchant_fraud_rate: fraud_rate };
    yield { ...servingKeys, ...requestParameters, ...ledger.card(one.card), ...merchant, is_fraud: one.fraud !== "" };
    ledger.add(one);
  }
}
