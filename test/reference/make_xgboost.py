#!/usr/bin/env python3
"""Makes test/reference/xgboost with the real XGBoost (1.7): small models and its own predictions.

Each case is a model as NAME.json and NAME.ubj, the rows it is asked for (NAME.f32: little-endian float32, row by row, NaN
and extreme values among them) and, in cases.json, what Booster.predict answers, as the bits of float32: margins
(output_margin=True) and predictions. Inputs are never infinite: DMatrix refuses them.
Run: python3 test/reference/make_xgboost.py
"""

import json
import pathlib

import numpy as np
import xgboost as xgb

OUT = pathlib.Path(__file__).parent / "xgboost"
OUT.mkdir(exist_ok=True)
for old in OUT.iterdir():
    old.unlink()
rng = np.random.default_rng(20261124)
ROWS, FEATURES = 300, 4
cases = []


def matrix(rows, missing=0.15):
    x = rng.normal(size=(rows, FEATURES)).astype(np.float32)
    x[:, 2] = np.round(x[:, 2] * 3)  # many ties
    x[rng.random(x.shape) < missing] = np.nan
    return x


def extreme(x):
    big = np.finfo(np.float32).max
    rows = [
        [np.nan] * FEATURES,
        [0.0] * FEATURES,
        [-0.0] * FEATURES,
        [big] * FEATURES,
        [-big] * FEATURES,
        [1e-45, -1e-45, 1e-35, -1e-35],
        [big, -big, np.nan, 0.0],
    ]
    return np.concatenate([x[:40], np.array(rows, dtype=np.float32)])


def bits(values):
    return [int(v) for v in np.ascontiguousarray(values, dtype="<f4").view("<u4").ravel()]


def store(name, booster, x, thresholds=True, **options):
    if thresholds:
        # Rows that stand exactly on conditions of the model, and right beside them.
        booster.save_model(str(OUT / f"{name}.json"))
        text = (OUT / f"{name}.json").read_text()
        parts = text.replace("[", ",").replace("]", ",").split(",")
        found = []
        for part in parts:
            try:
                found.append(np.float32(part))
            except ValueError:
                pass
        found = np.array([v for v in found if np.isfinite(v)][:4000], dtype=np.float32)
        picks = rng.choice(found, size=(12, FEATURES))
        x = np.concatenate([x, picks, np.nextafter(picks, np.float32(np.inf)), np.nextafter(picks, np.float32(-np.inf))]).astype(np.float32)
    d = xgb.DMatrix(x, **options)
    booster.save_model(str(OUT / f"{name}.json"))
    booster.save_model(str(OUT / f"{name}.ubj"))
    (OUT / f"{name}.f32").write_bytes(np.ascontiguousarray(x, dtype="<f4").tobytes())
    margin = booster.predict(d, output_margin=True)
    prediction = booster.predict(d)
    cases.append(
        {
            "name": name,
            "rows": len(x),
            "features": x.shape[1],
            "margin": bits(margin),
            "prediction": bits(prediction),
            "predictionWidth": 1 if prediction.ndim == 1 else prediction.shape[1],
            "marginWidth": 1 if margin.ndim == 1 else margin.shape[1],
        }
    )


x = matrix(ROWS)
filled = np.nan_to_num(x)
signal = filled[:, 0] - 0.5 * filled[:, 1] + 0.3 * filled[:, 2] * filled[:, 3]
noise = rng.normal(size=ROWS) * 0.2
binary = (signal + noise > 0).astype(np.float32)
real = (signal + noise).astype(np.float32)
positive = np.exp(real / 4).astype(np.float32)
classes = np.digitize(real, [-0.7, 0.7]).astype(np.float32)
groups = [20] * (ROWS // 20)
common = {"max_depth": 3, "eta": 0.4, "tree_method": "hist", "nthread": 1, "seed": 1}

objectives = {
    "binary:logistic": binary,
    "binary:logitraw": binary,
    "binary:hinge": binary,
    "reg:squarederror": real,
    "reg:squaredlogerror": positive,
    "reg:logistic": binary,
    "reg:pseudohubererror": real,
    "reg:absoluteerror": real,
    "reg:gamma": positive,
    "reg:tweedie": positive,
    "count:poisson": np.round(positive),
    "survival:cox": positive,
    "multi:softmax": classes,
    "multi:softprob": classes,
    "rank:pairwise": np.round(classes),
    "rank:ndcg": np.round(classes),
    "rank:map": binary,
}
for objective, label in objectives.items():
    d = xgb.DMatrix(x, label=label)
    if objective.startswith("rank"):
        d.set_group(groups)
    options = {**common, "objective": objective}
    if objective.startswith("multi"):
        options["num_class"] = 3
    if objective in ("binary:logistic", "count:poisson", "reg:logistic", "reg:tweedie"):
        options["base_score"] = 0.3
    store(objective.replace(":", "-"), xgb.train(options, d, 4), extreme(matrix(60)))

d = xgb.DMatrix(x)
d.set_float_info("label_lower_bound", positive)
d.set_float_info("label_upper_bound", positive * 1.5)
store("survival-aft", xgb.train({**common, "objective": "survival:aft"}, d, 4), extreme(matrix(60)))

# Boosters.
d = xgb.DMatrix(x, label=binary, feature_names=["a", "b", "c", "d e"], feature_types=["q", "q", "int", "float"])
named = {"feature_names": d.feature_names, "feature_types": d.feature_types}
dart = {**common, "booster": "dart", "objective": "binary:logistic", "rate_drop": 0.5, "skip_drop": 0.1, "base_score": 0.4}
store("dart", xgb.train(dart, d, 8), extreme(matrix(60)), **named)
d3 = xgb.DMatrix(x, label=classes)
store("dart-classes", xgb.train({**dart, "objective": "multi:softprob", "num_class": 3}, d3, 5), extreme(matrix(60)))
linear = {"booster": "gblinear", "objective": "binary:logistic", "eta": 0.5, "updater": "coord_descent", "nthread": 1, "base_score": 0.3}
store("gblinear", xgb.train(linear, xgb.DMatrix(x, label=binary), 10), matrix(60))
store("gblinear-classes", xgb.train({**linear, "objective": "multi:softprob", "num_class": 3, "base_score": 0.5}, d3, 10), matrix(60))
parallel = {**common, "num_parallel_tree": 3, "subsample": 0.6, "objective": "multi:softprob", "num_class": 3}
store("parallel", xgb.train(parallel, d3, 2), extreme(matrix(60)))
targets = np.stack([real, real * 2 - 1, np.sin(real)], axis=1)
store("targets", xgb.train({**common, "objective": "reg:squarederror"}, xgb.DMatrix(x, label=targets), 3), extreme(matrix(60)))
exact = {**common, "tree_method": "exact", "max_depth": 8, "gamma": 0.5, "objective": "reg:squarederror"}
store("pruned", xgb.train(exact, xgb.DMatrix(x, label=real), 4), extreme(matrix(60)))
store("no-trees", xgb.train({**common, "objective": "binary:logistic", "base_score": 0.2}, xgb.DMatrix(x, label=binary), 0), extreme(matrix(8)), thresholds=False)
flat = np.zeros_like(binary)
store("stump", xgb.train({**common, "objective": "reg:squarederror"}, xgb.DMatrix(x, label=flat), 2), extreme(matrix(8)), thresholds=False)

# Early stopping keeps all trees in the file; attributes.
stopped = xgb.train(
    {**common, "objective": "reg:squarederror"},
    xgb.DMatrix(x, label=real),
    12,
    evals=[(xgb.DMatrix(matrix(100), label=rng.normal(size=100)), "valid")],
    early_stopping_rounds=2,
    verbose_eval=False,
)
stopped.set_attr(note="größer than \"quotes\"")
store("stopped", stopped, extreme(matrix(60)))

# Categorical features: partitions, one-hot splits, codes beyond the known ones, negative, fractional and huge ones.
xc = matrix(ROWS)
xc[:, 2] = rng.integers(0, 40, ROWS)
xc[:, 3] = rng.integers(0, 4, ROWS)
xc[rng.random(xc.shape) < 0.1] = np.nan
yc = (np.nan_to_num(xc[:, 2]) % 3 == 1) * 1.0 + (np.nan_to_num(xc[:, 3]) == 2) - np.nan_to_num(xc[:, 0]) * 0.2
kinds = {"feature_types": ["q", "q", "c", "c"], "enable_categorical": True}
dc = xgb.DMatrix(xc, label=yc, **kinds)
test = np.concatenate([xc[:60], extreme(matrix(8))])
test[:8, 2] = [0, 39, 40, 63, 64, 1000, 16777215, 16777216]
test[8:16, 2] = [-1, -0.5, 0.5, 2.999, -0.0, 3e38, 1e10, 31.5]
for i, option in enumerate([1, 100]):
    booster = xgb.train({**common, "max_depth": 5, "max_cat_to_onehot": option, "objective": "reg:squarederror"}, dc, 4)
    # Prediction does not check the categories of a plain matrix.
    store(f"categories-{'partition' if option == 1 else 'onehot'}", booster, test, thresholds=False, feature_types=["q", "q", "c", "c"])

(OUT / "cases.json").write_text(json.dumps({"xgboost": xgb.__version__, "cases": cases}))
print(len(cases), "cases,", sum(f.stat().st_size for f in OUT.iterdir()), "bytes")
