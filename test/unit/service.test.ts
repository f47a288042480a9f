import { expect, test } from "vitest";
import { fill, fitted, formula, make, request } from "./service-support.js";
import { TestStore } from "./view-support.js";

test("a request's answer is the model's on the view's vector", async () => {
  for (const promised of [false, true]) {
    await using service = await make({ store: fill(new TestStore(promised)) });
    const answer = await service.predict(request());
    const vector = await service.getFeatureVector(request());
    expect(answer.prediction).toBeCloseTo(formula(vector), 4);
    expect(answer).toMatchObject({ fallback: false, reason: undefined, model: { name: "fraud", version: "1" }, view: { name: "fraud", version: "3" } });
    expect(answer.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(fitted.names).toHaveLength(vector.length);
  }
});
