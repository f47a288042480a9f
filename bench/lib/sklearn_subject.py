"""One scikit-learn subject: commands as lines of JSON on standard input, answers on standard output.

{"prepare": {folder, rows, column, transformer, options, act}} loads the column and answers {"version", "sample"};
{"round": calls} answers {"samples": [milliseconds, ...]}. Column: raw float64, or UTF-8 bytes and int32 offsets.
"""
import gc
import json
import os
import sys
import time

import numpy as np
import sklearn
from sklearn import impute, preprocessing

QUANTILES = 101


def load(folder, rows, column):
    if column == "numbers":
        return np.fromfile(os.path.join(folder, "numbers.f64"), dtype=np.float64, count=rows).reshape(-1, 1)
    offsets = np.fromfile(os.path.join(folder, "offsets.i32"), dtype=np.int32).tolist()
    with open(os.path.join(folder, "texts.utf8"), "rb") as file:
        data = file.read()
    # Equal texts are one object, as after reading a file by pandas: the quickest that scikit-learn can get.
    seen = {}
    texts = np.empty((rows, 1), dtype=object)
    for i in range(rows):
        text = data[offsets[i] : offsets[i + 1]]
        known = seen.get(text)
        if known is None:
            known = seen[text] = text.decode()
        texts[i, 0] = known
    return texts


def state(model):
    """What was learned, as numbers that every subject can give."""
    name = type(model).__name__
    if name == "StandardScaler":
        return [model.mean_[0], model.scale_[0]]
    if name == "RobustScaler":
        return [model.center_[0], model.scale_[0]]
    if name == "QuantileTransformer":
        return model.quantiles_[np.linspace(0, len(model.quantiles_) - 1, QUANTILES).astype(int), 0].tolist()
    if name == "SimpleImputer":
        return [model.statistics_[0]]
    # Categories by their lengths and first code units: enough to see that they are the same in the same order.
    return [float(value) for text in model.categories_[0] for value in (len(text), ord(text[0]))]


def outputs(result, rows):
    """500 rows spread over the result, column by column."""
    if hasattr(result, "toarray"):
        result = result.tocsr()
    step = (rows - 1) // 499
    picked = result[[i * step for i in range(500)]]
    if hasattr(picked, "toarray"):
        picked = picked.toarray()
    return np.asarray(picked, dtype=np.float64).T.reshape(-1).tolist()


class Subject:
    def __init__(self, folder, rows, column, transformer, options, act):
        data = load(folder, rows, column)
        make = lambda: getattr(impute if transformer == "SimpleImputer" else preprocessing, transformer)(**options)
        if act == "fit":
            self.run = lambda: make().fit(data)
            self.sample = [float(value) for value in state(self.run())]
        else:
            model = make().fit(data)
            self.run = lambda: model.transform(data)
            self.sample = outputs(self.run(), rows)

    def round(self, calls):
        samples = []
        for _ in range(calls):
            gc.collect()
            start = time.perf_counter()
            result = self.run()
            samples.append((time.perf_counter() - start) * 1e3)
            del result
        return samples


def main():
    subject = None
    for line in sys.stdin:
        command = json.loads(line)
        if "prepare" in command:
            subject = Subject(**command["prepare"])
            answer = {"version": sklearn.__version__, "sample": subject.sample}
        else:
            answer = {"samples": subject.round(command["round"])}
        # NaN stands for a missing state and has no place in JSON.
        print(json.dumps(answer, allow_nan=False), flush=True)


main()
