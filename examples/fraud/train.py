"""Trains the example's model: is a card transaction fraudulent?

    npm run example:fraud -- --training-table
    python3 examples/fraud/train.py

Reads out/fraud/training-{features,labels}.npy and the fitted view beside them, and writes examples/fraud/fraud.ubj.
Needs XGBoost 1.6 or newer (Debian: apt-get install python3-xgboost). The model carries the fingerprint of the features
that it was trained on, which the predictor checks when it loads the two.
"""

import json
import pathlib

import numpy as np
import xgboost as xgb

data = pathlib.Path("out/fraud")
target = pathlib.Path(__file__).with_name("fraud.ubj")

features = np.load(data / "training-features.npy")
labels = np.load(data / "training-labels.npy")
spec = json.loads((data / "fraud.view.json").read_text())["features"]
names = [output["name"] for output in spec["plan"]["outputs"]]

# Rows are in the order of time. The last fifth, which no tree sees, tells when more trees no longer help.
cut = len(labels) * 4 // 5
train = xgb.DMatrix(features[:cut], labels[:cut], feature_names=names)
held_out = xgb.DMatrix(features[cut:], labels[cut:], feature_names=names)
model = xgb.train(
    {"objective": "binary:logistic", "eval_metric": "auc", "max_depth": 5, "eta": 0.1, "min_child_weight": 5, "subsample": 0.8, "tree_method": "hist", "seed": 1, "nthread": 2},
    train,
    num_boost_round=100,
    evals=[(held_out, "later")],
    verbose_eval=20,
)
model.set_attr(**{"skewless.fingerprint": spec["fingerprint"]})
model.save_model(target)
print(f"{target.name}: {target.stat().st_size / 1e3:.0f} kB, {len(names)} features, {len(labels)} transactions, {labels.mean():.2%} fraud")
