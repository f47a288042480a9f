import { batchOrtSubject, batchScorerSubject, batchXgboostSubject, ortNodeSubject, scorerSubject } from "../lib/score-subjects.mjs";
import { deadlineSubject, predictorSubject } from "../lib/predictor-subjects.mjs";
import { convolutionOnnx, makeTrees, networkOnnx, treesOnnx, treesXgboost } from "../lib/models.mjs";

const TREES = () => treesOnnx(makeTrees());
const XGBOOST = () => treesXgboost(makeTrees());

/** Float sums in another order, exp of another library. */
const CHECK = { default: 1e-5 };

const rowCase = (name, model, compiled) => ({
  name,
  unit: "ns",
  rounds: 5,
  rows: 1,
  check: CHECK,
  processes: {
    "onnxruntime-node": ortNodeSubject("onnxruntime-node", model),
    "skewless-ort": scorerSubject("skewless-ort", model, "onnxruntime"),
    ...(compiled ? { skewless: scorerSubject("skewless", model, "compiled") } : {}),
  },
});

const batchCase = (threads) => ({
  name: `batch-${threads}`,
  unit: "ms",
  rounds: 5,
  check: CHECK,
  processes: {
    "onnxruntime-node": batchOrtSubject("onnxruntime-node", TREES, threads),
    xgboost: batchXgboostSubject("xgboost", XGBOOST, threads),
    skewless: batchScorerSubject("skewless", TREES, threads),
    "skewless-xgboost": batchScorerSubject("skewless-xgboost", () => new TextEncoder().encode(XGBOOST()), threads),
  },
});

export default {
  name: "score",
  title: "100 trees of depth 6 over 20 features, a 20-64-64-1 network, a small convolution net; batches of 1 M rows",
  cases: [
    rowCase("trees", TREES, true),
    rowCase("network", networkOnnx, true),
    rowCase("convolution", convolutionOnnx, false),
    { name: "row-to-prediction", unit: "ns", rounds: 5, rows: 1, processes: { skewless: predictorSubject("skewless") } },
    batchCase(1),
    batchCase(2),
    { name: "deadline", unit: "µs", rounds: 1, rows: 1, processes: { compiled: deadlineSubject("compiled"), "onnxruntime": deadlineSubject("onnxruntime") } },
  ],
  targets: (figures) => {
    const tail = (name, subject, q) => figures.toRows().find((row) => row.case === name && row.subject === subject)?.[q];
    const ratio = (a, b) => (a === undefined || b === undefined ? undefined : a / b);
    const quarter = ["trees", "network", "convolution"].flatMap((name) => [
      { claim: `${name} by ONNX Runtime: part of onnxruntime-node's median`, limit: 0.25, measured: figures.ratio(name, "skewless-ort", "onnxruntime-node") },
      {
        claim: `${name} by ONNX Runtime: part of onnxruntime-node's p99.9`,
        limit: 0.25,
        measured: ratio(tail(name, "skewless-ort", "p999"), tail(name, "onnxruntime-node", "p999")),
      },
    ]);
    const compiled = ["trees", "network"].flatMap((name) => [
      { claim: `${name} compiled, median`, limit: 1500, unit: " ns", measured: figures.value(name, "skewless") },
      { claim: `${name} compiled, times onnxruntime-node`, limit: 10, unit: "×", atLeast: true, measured: figures.ratio(name, "onnxruntime-node", "skewless") },
      { claim: `${name} compiled, p99.9`, limit: 10_000, unit: " ns", measured: tail(name, "skewless", "p999") },
    ]);
    const batch = [1, 2].flatMap((threads) => [
      { claim: `batch, ${threads} threads: times ONNX Runtime`, limit: 2, unit: "×", atLeast: true, measured: figures.ratio(`batch-${threads}`, "onnxruntime-node", "skewless") },
      { claim: `batch, ${threads} threads: times XGBoost`, limit: 1, unit: "×", atLeast: true, measured: figures.ratio(`batch-${threads}`, "xgboost", "skewless-xgboost") },
    ]);
    return [
      ...quarter,
      ...compiled,
      { claim: "row object to prediction, median", limit: 4000, unit: " ns", measured: figures.value("row-to-prediction", "skewless") },
      ...batch,
      ...["compiled", "onnxruntime"].flatMap((subject) => [
        { claim: `deadline of 1 ms under load (${subject}): answered by, p99.9`, limit: 1200, unit: " µs", measured: tail("deadline", subject, "p999") },
        { claim: `deadline of 1 ms under load (${subject}): requests lost`, limit: 0, measured: figures.value("deadline-lost", subject) },
      ]),
    ];
  },
};
