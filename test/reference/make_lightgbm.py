#!/usr/bin/env python3
"""Makes test/reference/lightgbm with the real LightGBM (4.1): small models and its own predictions.

Each case is a model NAME.txt, the rows it is asked for (NAME.f32: little-endian float32, row by row, NaN, infinite and
extreme values among them) and NAME.f64 with what Booster.predict answers: raw scores, then predictions, as doubles.
LightGBM for Python is needed. The npm package lightgbm 1.0.27 has its sources: build dependencies/LightGBM there with
CMake and put lib_lightgbm.so beside its python-package.
Run: PYTHONPATH=.../python-package python3 test/reference/make_lightgbm.py
"""

import json
import pathlib

import lightgbm as lgb
import numpy as np

OUT = pathlib.Path(__file__).parent / "lightgbm"
OUT.mkdir(exist_ok=True)
for old in OUT.iterdir():
    old.unlink()
rng = np.random.default_rng(20261125)
ROWS, FEATURES = 400, 4
cases = []
F32 = np.finfo(np.float32)


def matrix(rows, missing=0.1, zeros=0.2):
    x = rng.normal(size=(rows, FEATURES)).astype(np.float32)
    x[:, 2] = rng.integers(0, 40, rows)
    x[rng.random(x.shape) < zeros] = 0
    x[rng.random(x.shape) < missing] = np.nan
    return x


def extreme(x):
    one = [np.nan, 0.0, -0.0, F32.max, -F32.max, np.inf, -np.inf, 1e-45, -1e-45, 1e-35, -1e-35, 2e-35, -0.5, -1, 2.999, 39, 40, 64, 1e10]
    rows = np.array([[v] * FEATURES for v in one] + [list(rng.choice(one, FEATURES)) for _ in range(30)], dtype=np.float32)
    return np.concatenate([x, rows])


def store(name, booster, x):
    booster.save_model(str(OUT / f"{name}.txt"))
    # Of the whole file, not of the best iteration.
    loaded = lgb.Booster(model_file=str(OUT / f"{name}.txt"))
    raw = np.asarray(loaded.predict(x, raw_score=True))
    prediction = np.asarray(loaded.predict(x))
    (OUT / f"{name}.f32").write_bytes(np.ascontiguousarray(x, dtype="<f4").tobytes())
    (OUT / f"{name}.f64").write_bytes(np.concatenate([raw.ravel(), prediction.ravel()]).astype("<f8").tobytes())
    cases.append({"name": name, "rows": len(x), "features": x.shape[1], "width": 1 if raw.ndim == 1 else raw.shape[1]})


x = matrix(ROWS)
filled = np.nan_to_num(x)
signal = filled[:, 0] - 0.5 * filled[:, 1] + 0.3 * (filled[:, 2] % 3) * filled[:, 3]
real = signal + rng.normal(size=ROWS) * 0.2
binary = (real > 0).astype(int)
positive = np.exp(real / 4)
classes = np.digitize(real, [-0.7, 0.7])
common = {"verbose": -1, "num_leaves": 6, "min_data_in_leaf": 5, "learning_rate": 0.3, "num_threads": 1, "seed": 1, "deterministic": True}


def train(label, rounds=4, data=x, categorical="auto", group=None, **options):
    return lgb.train({**common, **options}, lgb.Dataset(data, label=label, categorical_feature=categorical, group=group), rounds)


labels = {
    "regression": real, "regression_l1": real, "huber": real, "fair": real, "quantile": real, "mape": positive,
    "poisson": np.round(positive), "gamma": positive, "tweedie": positive, "binary": binary, "cross_entropy": binary * 0.8 + 0.1,
    "cross_entropy_lambda": binary * 0.8 + 0.1, "multiclass": classes, "multiclassova": classes, "lambdarank": classes, "rank_xendcg": classes,
}
for objective, label in labels.items():
    options = {"objective": objective}
    if objective.startswith("multiclass"):
        options["num_class"] = 3
    group = [20] * (ROWS // 20) if objective in ("lambdarank", "rank_xendcg") else None
    store(objective, train(label, group=group, **options), extreme(matrix(30)))
store("sqrt", train(real, objective="regression", reg_sqrt=True), extreme(matrix(30)))
store("sigmoid", train(binary, objective="binary", sigmoid=0.7), extreme(matrix(30)))

# Missing values: as NaN (all above), as zero, none of them; categories; the boosting types; trees without splits; linear trees.
store("zero-missing", train(real, 8, objective="regression", zero_as_missing=True), extreme(matrix(30)))
store("no-missing", train(real, 8, data=filled, objective="regression"), extreme(matrix(30)))
store("not-used-missing", train(real, 8, objective="regression", use_missing=False), extreme(matrix(30)))
store("categories", train(real, 8, categorical=[2], objective="regression", min_data_per_group=5, cat_smooth=1, max_cat_to_onehot=1), extreme(matrix(30)))
store("categories-onehot", train(real, 8, categorical=[2], objective="regression", min_data_per_group=5, max_cat_to_onehot=100), extreme(matrix(30)))
store("dart", train(binary, 10, objective="binary", boosting="dart", drop_rate=0.5, skip_drop=0.1), extreme(matrix(30)))
store("forest", train(binary, 6, objective="binary", boosting="rf", bagging_freq=1, bagging_fraction=0.6), extreme(matrix(30)))
store("forest-classes", train(classes, 4, objective="multiclass", num_class=3, boosting="rf", bagging_freq=1, bagging_fraction=0.6), extreme(matrix(30)))
store("stump", train(np.full(ROWS, 1.5), 3, objective="regression"), extreme(matrix(10)))
finite = matrix(60)
store("linear", train(real, 5, objective="regression", linear_tree=True), finite)

(OUT / "cases.json").write_text(json.dumps({"lightgbm": "4.1.0", "cases": cases}))
print(len(cases), "cases,", sum(f.stat().st_size for f in OUT.iterdir()), "bytes")
