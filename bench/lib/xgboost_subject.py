"""XGBoost as a subject: commands as lines of JSON on standard input, answers on standard output.

{"prepare": {folder, rows, features}} loads model.json and the float32 matrix and answers {"sample"}; {"round": calls}
answers {"samples": [milliseconds, ...]}. The argument is the number of threads.
"""
import json
import os
import sys
import time

import numpy as np
import xgboost

booster = None
matrix = None
for line in sys.stdin:
    command = json.loads(line)
    if "prepare" in command:
        folder, rows, features = (command["prepare"][key] for key in ("folder", "rows", "features"))
        booster = xgboost.Booster({"nthread": int(sys.argv[1])})
        booster.load_model(os.path.join(folder, "model.json"))
        matrix = np.fromfile(os.path.join(folder, "matrix.f32"), dtype=np.float32).reshape(rows, features)
        scores = booster.inplace_predict(matrix)
        step = rows // 500
        answer = {"sample": [float(scores[i * step]) for i in range(500)]}
    else:
        samples = []
        for _ in range(command["round"]):
            start = time.perf_counter()
            booster.inplace_predict(matrix)
            samples.append((time.perf_counter() - start) * 1e3)
        answer = {"samples": samples}
    print(json.dumps(answer, allow_nan=False), flush=True)
