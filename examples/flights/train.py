"""Trains the demo's model: is a flight more than 15 minutes late?

    npm run demo -- --training-table
    python3 examples/flights/train.py

Reads out/flights/training-{features,labels}.npy and the fitted features beside them, and writes
examples/flights/delay.ubj. Needs XGBoost 1.6 or newer (Debian: apt-get install python3-xgboost). The model carries the
fingerprint of the features it was trained on, which the predictor checks when it loads the two.
"""

import json
import pathlib

import numpy as np
import xgboost as xgb

data = pathlib.Path("out/flights")
target = pathlib.Path(__file__).with_name("delay.ubj")

features = np.load(data / "training-features.npy", mmap_mode="r")
labels = np.load(data / "training-labels.npy")
spec = json.loads((data / "flights.features.json").read_text())
names = [output["name"] for output in spec["plan"]["outputs"]]

# The last tenth of the training time, which no tree sees, tells when more trees no longer help.
cut = len(labels) * 9 // 10
train = xgb.DMatrix(features[:cut], labels[:cut], feature_names=names)
held_out = xgb.DMatrix(features[cut:], labels[cut:], feature_names=names)
model = xgb.train(
    {"objective": "binary:logistic", "eval_metric": "auc", "max_depth": 6, "eta": 0.15, "min_child_weight": 50, "tree_method": "hist", "seed": 1, "nthread": 2},
    train,
    num_boost_round=100,
    evals=[(held_out, "later")],
    verbose_eval=20,
)
model.set_attr(**{"skewless.fingerprint": spec["fingerprint"]})
model.save_model(target)
print(f"{target.name}: {target.stat().st_size / 1e3:.0f} kB, {len(names)} features, {len(labels)} flights")
