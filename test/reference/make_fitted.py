#!/usr/bin/env python3
"""Makes test/reference/fitted/*.json with the real scikit-learn (1.2; Debian: apt-get install python3-sklearn).

One file a transformation: columns of data, and a list of cases that name them by number: what was fitted on, with which options, the state that
scikit-learn learned, the rows transformed and what came out. NaN and infinities are strings, missing values null
(scikit-learn sees NaN in their place where the column is numeric). Run: python3 test/reference/make_fitted.py
"""

import json
import math
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (
    Binarizer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

warnings.simplefilter("ignore")
OUT = pathlib.Path(__file__).parent / "fitted"
NAN = float("nan")
rng = np.random.default_rng(20230115)


def plain(value):
    """A value as JSON that reads back exactly."""
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value) if abs(int(value)) < 2**53 else str(int(value))
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def numeric(values):
    """A numeric column for scikit-learn: null is NaN there."""
    return np.array([[NAN if value is None else value] for value in values], dtype=np.float64)


def column(values, kind):
    if kind == "float64":
        return numeric(values)
    return np.array([[value] for value in values], dtype={"utf8": object, "int64": np.int64, "bool": bool}[kind])


COLUMNS = {
    "ordinary": [2.5, -1.0, 3.25, 8.0, -4.5, 0.0, 1e3, 7.125],
    "with missing": [1.0, None, 3.0, NAN, -2.5, None, 10.0, 0.25],
    "random": [float(x) for x in rng.normal(50, 12, 200)],
    "skewed": [float(x) for x in rng.lognormal(3, 2, 150)],
    "far from zero": [float(x) for x in 1e9 + rng.normal(0, 1, 60)],
    "huge": [float(x) for x in rng.normal(0, 1, 40) * 1e150],
    "tiny": [float(x) for x in rng.normal(0, 1, 40) * 1e-12],
    "below the bound of constant columns": [1e-20, 3e-20, 2e-20, -5e-20],
    "ties": [1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 3.0, 3.0, 9.0],
    "constant": [4.2] * 7,
    "constant and missing": [0.1, None, 0.1, NAN, 0.1],
    "zeros": [0.0, 0.0, -0.0],
    "one row": [3.75],
    "two rows": [1.0, 2.0],
    "integers": [float(x) for x in rng.integers(-20, 20, 101)],
}


def rows_of(values):
    """Rows to transform: some of those fitted on, the missing ones, and some beyond."""
    finite = [v for v in values if v is not None and not math.isnan(v)]
    low, high = min(finite), max(finite)
    span = high - low or 1.0
    return values[:12] + [low - span, high + span, (low + high) / 2, None, NAN, 0.0, low, high]


def scaler_cases(make, option_sets, state, columns=COLUMNS):
    out = []
    for name, values in columns.items():
        for options, arguments in option_sets:
            fitted = make(**arguments).fit(numeric(values))
            rows = rows_of(values)
            out.append(
                {
                    "name": f"{name} {json.dumps(options)}",
                    "type": "float64",
                    "options": options,
                    "fit": plain(values),
                    "state": plain_state(state(fitted)),
                    "rows": plain(rows),
                    "output": plain(fitted.transform(numeric(rows))),
                    # A constant column minus its mean: nothing but the mean's rounding is left.
                    **({"absolute": 1e-15} if name.startswith("constant") else {}),
                }
            )
    return out


def plain_state(state):
    return {key: plain(value) for key, value in state.items() if value is not None}


def first(array):
    return None if array is None else array[0]


def standard():
    options = [({}, {}), ({"withMean": False}, {"with_mean": False}), ({"withStd": False}, {"with_std": False})]
    return scaler_cases(
        StandardScaler,
        options,
        lambda f: {"mean": first(f.mean_), "variance": first(f.var_), "scale": first(f.scale_)},
        columns={name: values for name, values in COLUMNS.items() if name != "far from zero"},
    ) + far_from_zero()


def far_from_zero():
    """Exact by fractions: scikit-learn itself loses seven digits of this variance."""
    from fractions import Fraction

    values = COLUMNS["far from zero"]
    exact = [Fraction(v) for v in values]
    mean = sum(exact) / len(exact)
    variance = sum((v - mean) ** 2 for v in exact) / len(exact)
    scale = math.sqrt(variance)
    rows = rows_of(values)
    output = [[NAN if v is None or math.isnan(v) else float(Fraction(v) - mean) / scale] for v in rows]
    return [
        {
            "name": "far from zero, by fractions",
            "type": "float64",
            "options": {},
            "fit": plain(values),
            "state": {"mean": float(mean), "variance": float(variance), "scale": scale},
            "rows": plain(rows),
            "output": plain(output),
            # Rows near the mean cancel: the mean itself is rounded to 1e-7.
            "absolute": 1e-6,
        }
    ]


def min_max():
    options = [
        ({}, {}),
        ({"featureRange": [-1, 1]}, {"feature_range": (-1, 1)}),
        ({"featureRange": [0.5, 20], "clip": True}, {"feature_range": (0.5, 20), "clip": True}),
    ]
    return scaler_cases(
        MinMaxScaler,
        options,
        lambda f: {"dataMin": f.data_min_[0], "dataMax": f.data_max_[0], "scale": f.scale_[0], "min": f.min_[0]},
    )


def max_abs():
    return scaler_cases(MaxAbsScaler, [({}, {})], lambda f: {"maxAbs": f.max_abs_[0], "scale": f.scale_[0]})


def robust():
    options = [
        ({}, {}),
        ({"withCentering": False}, {"with_centering": False}),
        ({"withScaling": False}, {"with_scaling": False}),
        ({"quantileRange": [5, 90]}, {"quantile_range": (5.0, 90.0)}),
        ({"quantileRange": [0, 100]}, {"quantile_range": (0.0, 100.0)}),
        ({"unitVariance": True}, {"unit_variance": True}),
        ({"quantileRange": [0.01, 99.5], "unitVariance": True}, {"quantile_range": (0.01, 99.5), "unit_variance": True}),
    ]
    return scaler_cases(RobustScaler, options, lambda f: {"center": first(f.center_), "scale": first(f.scale_)})


def quantile():
    options = [
        ({}, {}),
        ({"nQuantiles": 10}, {"n_quantiles": 10}),
        ({"outputDistribution": "normal"}, {"output_distribution": "normal"}),
        ({"nQuantiles": 7, "outputDistribution": "normal"}, {"n_quantiles": 7, "output_distribution": "normal"}),
        ({"nQuantiles": 1}, {"n_quantiles": 1}),
    ]
    return scaler_cases(QuantileTransformer, options, lambda f: {"quantiles": f.quantiles_[:, 0]})


def power():
    def cases(columns, options):
        found = scaler_cases(
            PowerTransformer, options, lambda f: {"lambda": f.lambdas_[0]}, {name: COLUMNS[name] for name in columns}
        )
        for case in found:
            # SciPy stops searching some 1e-8 from the best lambda, where the likelihood no longer changes.
            case["stateRelative"] = case["relative"] = 1e-6
            case["absolute"] = 1e-6
        return found

    yeo_johnson = [({}, {}), ({"standardize": False}, {"standardize": False})]
    box_cox = [({"method": "box-cox", **ours}, {"method": "box-cox", **theirs}) for ours, theirs in yeo_johnson]
    out = cases(["ordinary", "with missing", "random", "skewed", "ties", "integers"], yeo_johnson)
    boxed = []
    for name in ("random", "skewed", "ties"):
        for ours, theirs in box_cox:
            fitted = PowerTransformer(**theirs).fit(numeric(COLUMNS[name]))
            rows = [v for v in rows_of(COLUMNS[name]) if v is None or not v <= 0]
            boxed.append(
                {
                    "name": f"{name} {json.dumps(ours)}",
                    "type": "float64",
                    "options": ours,
                    "fit": plain(COLUMNS[name]),
                    "state": {"lambda": plain(fitted.lambdas_[0])},
                    "rows": plain(rows),
                    "output": plain(fitted.transform(numeric(rows))),
                    "stateRelative": 1e-6,
                    "relative": 1e-6,
                    "absolute": 1e-6,
                }
            )
    return out + boxed


def bins():
    out = []
    for name, values in COLUMNS.items():
        if any(v is None or math.isnan(v) for v in values):
            continue  # refused by scikit-learn
        for options in (
            {"strategy": "quantile"},
            {"strategy": "uniform"},
            {"strategy": "quantile", "nBins": 2},
            {"strategy": "uniform", "nBins": 3},
            {"strategy": "quantile", "nBins": 13},
            {"strategy": "uniform", "nBins": 13},
        ):
            fitted = KBinsDiscretizer(
                n_bins=options.get("nBins", 5), encode="ordinal", strategy=options["strategy"], subsample=None
            ).fit(numeric(values))
            edges = fitted.bin_edges_[0]
            rows = [v for v in rows_of(values) if v is not None and not math.isnan(v)]
            rows += [float(e) for e in edges if math.isfinite(e)]
            rows += [float(np.nextafter(e, s)) for e in edges if math.isfinite(e) for s in (-np.inf, np.inf)]
            rows = [r for r in rows if math.isfinite(r)]
            out.append(
                {
                    "name": f"{name} {json.dumps(options)}",
                    "type": "float64",
                    "options": {**options, "encode": "ordinal"},
                    "fit": plain(values),
                    "state": {"binEdges": plain(edges)},
                    "rows": plain(rows),
                    "output": plain(fitted.transform(numeric(rows))),
                }
            )
            if name in ("ties", "constant", "ordinary"):
                dense = KBinsDiscretizer(
                    n_bins=options.get("nBins", 5), encode="onehot-dense", strategy=options["strategy"], subsample=None
                ).fit(numeric(values))
                encoded = dense.transform(numeric(rows))
                out.append(
                    {
                        "name": f"{name} {json.dumps(options)} one-hot",
                        "type": "float64",
                        "options": options,
                        "fit": plain(values),
                        "state": {"binEdges": plain(edges)},
                        "names": [str(i) for i in range(encoded.shape[1])],
                        "rows": plain(rows),
                        "output": plain(encoded),
                    }
                )
    return out


def imputer():
    out = []
    for name, values in COLUMNS.items():
        for strategy in ("mean", "median", "most_frequent", "constant"):
            for indicator in (False, True):
                if strategy == "constant" and indicator:
                    continue
                arguments = {"strategy": strategy, "add_indicator": indicator}
                options = {"strategy": strategy, "addIndicator": indicator}
                if strategy == "constant":
                    arguments["fill_value"] = options["fillValue"] = -7.5
                fitted = SimpleImputer(**arguments).fit(numeric(values))
                rows = rows_of(values)
                output = fitted.transform(numeric(rows))
                out.append(
                    {
                        "name": f"{name} {json.dumps(options)}",
                        "type": "float64",
                        "options": options,
                        "fit": plain(values),
                        "state": {"fill": plain(fitted.statistics_[0])},
                        "names": [None, "missing"][: output.shape[1]],
                        "rows": plain(rows),
                        "output": plain(output),
                    }
                )
    texts = {
        "text": ["b", None, "a", "b", "", "a", "é", None],
        "text ties": ["\U0001f600", "\uffee", None, "\U0001f600", "\uffee"],
        "one text": ["x"],
    }
    for name, values in texts.items():
        for options, arguments in (
            ({"strategy": "most_frequent"}, {"strategy": "most_frequent"}),
            ({"strategy": "constant"}, {"strategy": "constant"}),
            ({"strategy": "constant", "fillValue": "?"}, {"strategy": "constant", "fill_value": "?"}),
        ):
            fitted = SimpleImputer(missing_values=None, **arguments).fit(column(values, "utf8"))
            rows = values + ["new", None]
            out.append(
                {
                    "name": f"{name} {json.dumps(options)}",
                    "type": "utf8",
                    "options": options,
                    "fit": values,
                    "state": {"fill": fitted.statistics_[0]},
                    "names": [None],
                    "rows": rows,
                    "output": plain(fitted.transform(column(rows, "utf8"))),
                }
            )
    return out


TEXTS = {
    "letters": (["b", "a", "c", "a", "b", "a", "d", "a", "b"], "utf8", ["a", "b", "c", "d", "zz"]),
    "text with null": (["b", None, "a", "b", None, "", "a", "c d"], "utf8", ["a", None, "", "c d", "q"]),
    "code points": (["\U0001f600", "\uffee", "z", "\u00e9", "Z", "\U0001f600", "\ud7ff", "\ue000"], "utf8", ["z", "\U0001f600", "\uffee"]),
    "binary": (["no", "yes", "no"], "utf8", ["yes", "no", "maybe"]),
    "one text": (["only", "only"], "utf8", ["only", "other"]),
    "common and rare": (["x"] * 20 + ["y"] * 9 + ["w"] * 3 + ["v"] * 3 + ["u"] * 2 + ["t", "s"], "utf8", ["x", "y", "w", "v", "t", "new"]),
    "ties of counts": (["d", "c", "b", "a"] * 3 + ["e"] * 5, "utf8", ["a", "b", "c", "d", "e", "f"]),
    "rare null": (["x"] * 6 + ["y"] * 5 + [None] + ["z"] * 2, "utf8", ["x", "y", "z", None, "new"]),
    "numbers": ([3.0, 1.5, -2.0, 1.5, 0.0, 1e21, 1e-7], "float64", [1.5, 0.0, -2.0, 1e21, 7.0]),
    "numbers with NaN": ([3.0, NAN, 1.0, None, 3.0], "float64", [3.0, NAN, 1.0, 2.0]),
    "integers": ([5, -3, 5, 2**53, 0, -3, 5], "int64", [0, -3, 2**53, 5, 6]),
    "booleans": ([True, False, True], "bool", [False, True]),
}


def one_hot():
    option_sets = [
        {},
        {"handleUnknown": "ignore"},
        {"drop": "first"},
        {"drop": "if_binary"},
        {"drop": "first", "handleUnknown": "ignore"},
        {"minFrequency": 3},
        {"minFrequency": 0.15, "handleUnknown": "ignore"},
        {"maxCategories": 3},
        {"maxCategories": 3, "handleUnknown": "infrequent_if_exist"},
        {"maxCategories": 2, "handleUnknown": "ignore"},
        {"minFrequency": 4, "maxCategories": 3, "handleUnknown": "infrequent_if_exist"},
        {"minFrequency": 3, "drop": "first", "handleUnknown": "infrequent_if_exist"},
        {"maxCategories": 2, "drop": "if_binary", "handleUnknown": "infrequent_if_exist"},
        {"minFrequency": 1000, "handleUnknown": "infrequent_if_exist"},
        {"maxCategories": 50, "handleUnknown": "infrequent_if_exist"},
    ]
    spelling = {"handleUnknown": "handle_unknown", "minFrequency": "min_frequency", "maxCategories": "max_categories", "drop": "drop"}
    out = []
    for name, (values, kind, rows) in TEXTS.items():
        for options in option_sets:
            arguments = {spelling[key]: value for key, value in options.items()}
            data = column(values, kind)
            if kind == "bool":
                data = data.astype(object)
            fitted = OneHotEncoder(sparse_output=False, **arguments).fit(data)
            known, unknown, output = [], [], []
            for row in rows:
                try:
                    one = column([row], kind)
                    output.append(fitted.transform(one.astype(object) if kind == "bool" else one)[0])
                    known.append(row)
                except ValueError:
                    unknown.append(row)
            infrequent = getattr(fitted, "_infrequent_indices", [None])[0]
            infrequent = [] if infrequent is None else [int(i) for i in infrequent]
            categories = list(fitted.categories_[0])
            missing = lambda c: c is None or (isinstance(c, float) and math.isnan(c))
            clean = [None if missing(c) else c for c in categories]
            # Our names: scikit-learn's without its column prefix, see docs/fitted.md for the two special ones.
            names = [n[len("x0_"):] for n in fitted.get_feature_names_out()]
            out.append(
                {
                    "name": f"{name} {json.dumps(options)}",
                    "type": kind,
                    "options": options,
                    "fit": plain(values),
                    "state": {
                        "categories": plain([c for i, c in enumerate(clean) if i not in infrequent]),
                        "infrequent": plain([clean[i] for i in infrequent]),
                    },
                    "sklearnNames": names,
                    "width": len(names),
                    "rows": plain(known),
                    "unknown": plain(unknown),
                    "output": plain(output),
                }
            )
    given = [
        (["z", "b", "a"], "utf8", ["a", "b", "a"], ["z", "a", "b", "q"], {"handleUnknown": "ignore"}),
        (["a", "b", "c"], "utf8", ["a", "b", "a", "other"], ["c", "a", "other"], {"handleUnknown": "ignore"}),
        (["a", "b", "c"], "utf8", ["a", "b", "a"], ["c", "a"], {"minFrequency": 2, "handleUnknown": "infrequent_if_exist"}),
        ([1.0, 2.0, 30.0], "float64", [2.0, 2.0], [1.0, 30.0, 4.0], {"handleUnknown": "ignore"}),
    ]
    for categories, kind, values, rows, options in given:
        arguments = {spelling[key]: value for key, value in options.items()}
        fitted = OneHotEncoder(categories=[categories], sparse_output=False, **arguments).fit(column(values, kind))
        out.append(
            {
                "name": f"given {json.dumps(categories)} {json.dumps(options)}",
                "type": kind,
                "options": {**options, "categories": categories},
                "fit": values,
                "state": {},
                "sklearnNames": [n[len("x0_"):] for n in fitted.get_feature_names_out()],
                "width": len(fitted.get_feature_names_out()),
                "rows": rows,
                "unknown": [],
                "output": plain(fitted.transform(column(rows, kind))),
            }
        )
    return out


def ordinal():
    option_sets = [
        ({}, {}),
        ({"handleUnknown": "use_encoded_value", "unknownValue": -1}, {"handle_unknown": "use_encoded_value", "unknown_value": -1}),
        ({"handleUnknown": "use_encoded_value", "unknownValue": "NaN"}, {"handle_unknown": "use_encoded_value", "unknown_value": NAN}),
        ({"encodedMissingValue": -2}, {"encoded_missing_value": -2}),
    ]
    out = []
    for name, (values, kind, rows) in TEXTS.items():
        if kind == "bool":
            continue
        if kind == "utf8":
            # scikit-learn takes only NaN for missing here, None is a category to it.
            values = [NAN if v is None else v for v in values]
            rows = [NAN if v is None else v for v in rows]
        for options, arguments in option_sets:
            fitted = OrdinalEncoder(**arguments).fit(column(values, kind))
            known, unknown, output = [], [], []
            for row in rows:
                try:
                    output.append(fitted.transform(column([row], kind))[0])
                    known.append(row)
                except ValueError:
                    unknown.append(row)
            nulls = lambda items: [None if kind == "utf8" and isinstance(v, float) else v for v in items]
            clean = [None if isinstance(c, float) and math.isnan(c) else c for c in fitted.categories_[0]]
            out.append(
                {
                    "name": f"{name} {json.dumps(options)}",
                    "type": kind,
                    "options": options,
                    "fit": plain(nulls(values)),
                    "state": {"categories": plain(clean)},
                    "rows": plain(nulls(known)),
                    "unknown": plain(nulls(unknown)),
                    "output": plain(output),
                }
            )
    return out


def binarizer():
    values = [v for v in COLUMNS["ordinary"]] + [0.0, -0.0, 2.5, 1e300, -1e300]
    return [
        {
            "name": json.dumps(options),
            "type": "float64",
            "options": options,
            "fit": plain(values),
            "state": {},
            "rows": plain(values),
            "output": plain(Binarizer(threshold=options.get("threshold", 0.0)).fit(numeric(values)).transform(numeric(values))),
        }
        for options in ({}, {"threshold": 2.5}, {"threshold": -3})
    ]


def winsorizer():
    """scikit-learn has none: NumPy's percentiles and clip."""
    out = []
    for name, values in COLUMNS.items():
        for low, high in ((1, 99), (0, 100), (12.5, 60)):
            data = numeric(values)
            a, b = np.nanpercentile(data, [low, high])
            rows = rows_of(values)
            out.append(
                {
                    "name": f"{name} [{low}, {high}]",
                    "type": "float64",
                    "options": {"quantileRange": [low, high]},
                    "fit": plain(values),
                    "state": {"low": plain(a), "high": plain(b)},
                    "rows": plain(rows),
                    "output": plain(np.clip(numeric(rows), a, b)),
                }
            )
    return out


def dump(value):
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def main():
    OUT.mkdir(exist_ok=True)
    files = {
        "standardScaler": standard(),
        "minMaxScaler": min_max(),
        "maxAbsScaler": max_abs(),
        "robustScaler": robust(),
        "quantileTransformer": quantile(),
        "powerTransformer": power(),
        "kBinsDiscretizer": bins(),
        "simpleImputer": imputer(),
        "oneHotEncoder": one_hot(),
        "ordinalEncoder": ordinal(),
        "binarizer": binarizer(),
        "winsorizer": winsorizer(),
    }
    for name, cases in files.items():
        columns = {}  # the same data serve many cases: written once, named by number
        for case in cases:
            for key in ("fit", "rows"):
                case[key] = columns.setdefault(dump(case[key]), len(columns))
        made_by = f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}"
        listed = [",\n".join(columns), ",\n".join(map(dump, cases))]
        text = f'{{"madeBy": "{made_by}", "columns": [\n{listed[0]}\n], "cases": [\n{listed[1]}\n]}}\n'
        (OUT / f"{name}.json").write_text(text)
        print(f"{name}: {len(cases)} cases, {len(text)} bytes")


main()
