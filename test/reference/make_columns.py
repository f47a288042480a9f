#!/usr/bin/env python3
"""Makes test/reference/columns/*.json with the real scikit-learn (1.2): transformations of several columns.

One file a transformation, a list of cases: named columns that were fitted on (row by row, with the target last where
there is one), options, the state that scikit-learn learned, rows transformed and what came out, with its names.
targetEncoder is not in scikit-learn 1.2: its values are computed here from the formulas that later versions document.
Run: python3 test/reference/make_columns.py
"""

import json
import math
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.preprocessing import KBinsDiscretizer, Normalizer, PolynomialFeatures, SplineTransformer

warnings.simplefilter("ignore")
OUT = pathlib.Path(__file__).parent / "columns"
rng = np.random.default_rng(20230115)


def plain(value):
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, np.integer)):
        return int(value)
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


mixing = rng.normal(0, 1, (4, 4))
MATRICES = {
    "random": rng.normal(3, 2, (40, 3)),
    "correlated": rng.normal(0, 1, (60, 4)) @ mixing + 10,
    "integers": rng.integers(-9, 9, (25, 2)).astype(float),
    "one column": rng.normal(0, 5, (12, 1)),
    "scales apart": rng.normal(0, 1, (50, 3)) * [1, 1e4, 1e-3],
    "zeros and ties": np.array([[0, 0, 0], [1, 1, 1], [-3, 0, 4], [1e-16, 0, 0], [1e-3, 0, -1e-3], [2, -2, 2]], dtype=float),
}


def case(name, options, data, state, rows, output, names, **more):
    return {"name": f"{name} {json.dumps(options)}", "options": options, "fit": plain(data), "state": plain(state),
            "rows": plain(rows), "output": plain(output), "names": list(names), **more}


def letters(count):
    return [chr(ord("a") + i) for i in range(count)]


def normalizer():
    return [
        case(name, {"norm": norm}, data, {}, data, Normalizer(norm=norm).fit_transform(data), letters(data.shape[1]))
        for name, data in MATRICES.items()
        for norm in ("l1", "l2", "max")
    ]


def polynomial():
    out = []
    for name, data in MATRICES.items():
        for options, arguments in (
            ({}, {}),
            ({"degree": 3}, {"degree": 3}),
            ({"degree": 3, "interactionOnly": True}, {"degree": 3, "interaction_only": True}),
            ({"degree": 2, "includeBias": False}, {"degree": 2, "include_bias": False}),
            ({"degree": [2, 4], "includeBias": False}, {"degree": (2, 4), "include_bias": False}),
            ({"degree": [0, 1]}, {"degree": (0, 1)}),
        ):
            fitted = PolynomialFeatures(**arguments).fit(data)
            rows = data[:12]
            out.append(case(name, options, data, {}, rows, fitted.transform(rows), fitted.get_feature_names_out(letters(data.shape[1]))))
    return out


COLUMNS = {
    "random": rng.normal(50, 12, 80),
    "skewed": rng.lognormal(3, 1, 60),
    "ties": np.array([1.0, 1, 1, 2, 2, 3, 3, 3, 3, 9]),
    "two rows": np.array([1.0, 2.0]),
    "far from zero": 1e6 + rng.normal(0, 1, 30),
}


def column(values):
    return np.asarray(values, dtype=float)[:, None]


def spline():
    out = []
    for name, values in COLUMNS.items():
        low, high = values.min(), values.max()
        span = high - low
        inner = list(values[:8]) + [low, high, (low + high) / 2, low + span * 0.1, high - span * 0.01]
        beyond = [low - span / 3, high + span / 4, high + 2 * span, low - 2.5 * span, float(np.nextafter(high, np.inf)), 0.0]
        for options, arguments in (
            ({}, {}),
            ({"nKnots": 2, "degree": 1}, {"n_knots": 2, "degree": 1}),
            ({"nKnots": 4, "degree": 0}, {"n_knots": 4, "degree": 0}),
            ({"nKnots": 7, "degree": 2, "knots": "quantile", "includeBias": False}, {"n_knots": 7, "degree": 2, "knots": "quantile", "include_bias": False}),
            ({"extrapolation": "linear"}, {"extrapolation": "linear"}),
            ({"extrapolation": "linear", "degree": 1, "knots": "quantile"}, {"extrapolation": "linear", "degree": 1, "knots": "quantile"}),
            ({"extrapolation": "linear", "degree": 0}, {"extrapolation": "linear", "degree": 0}),
            ({"extrapolation": "continue", "degree": 2}, {"extrapolation": "continue", "degree": 2}),
            ({"extrapolation": "periodic", "nKnots": 6}, {"extrapolation": "periodic", "n_knots": 6}),
            ({"extrapolation": "periodic", "nKnots": 5, "degree": 2, "knots": "quantile"}, {"extrapolation": "periodic", "n_knots": 5, "degree": 2, "knots": "quantile"}),
        ):
            if name == "ties" and options.get("knots") == "quantile" and options.get("extrapolation") == "linear":
                continue  # a knot twice at the end: scikit-learn has no tangent there
            fitted = SplineTransformer(**arguments).fit(column(values))
            # scikit-learn 1.2 fails beyond the ends of constant extrapolation of degree 0.
            rows = inner if options.get("degree") == 0 and "extrapolation" not in options else inner + beyond
            out.append(case(name, options, column(values), {}, column(rows), fitted.transform(column(rows)), fitted.get_feature_names_out(["f"]), absolute=1e-9 if name == "far from zero" else 1e-12))
    return out


def sign(components):
    """scikit-learn's rule since 1.5, which needs no data: the greatest element of each component is positive."""
    return np.sign(components[np.arange(len(components)), np.abs(components).argmax(axis=1)])


def pca():
    out = []
    for name, data in MATRICES.items():
        if name == "zeros and ties":
            continue
        for options, arguments in (
            ({}, {}),
            ({"nComponents": 1}, {"n_components": 1}),
            ({"nComponents": 0.9}, {"n_components": 0.9}),
            ({"whiten": True}, {"whiten": True}),
        ):
            fitted = PCA(svd_solver="full", **arguments).fit(data)
            flip = sign(fitted.components_)
            rows = np.vstack([data[:8], data[:2] * 3 - 1])
            state = {"mean": fitted.mean_, "components": fitted.components_ * flip[:, None], "explainedVariance": fitted.explained_variance_,
                     "explainedVarianceRatio": fitted.explained_variance_ratio_, "singularValues": fitted.singular_values_}
            loose = 1e-7 if name == "scales apart" else 1e-11
            out.append(case(name, options, data, state, rows, fitted.transform(rows) * flip, fitted.get_feature_names_out(), absolute=loose, stateAbsolute=loose * 1e-1))
    return out


def svd():
    out = []
    for name, data in MATRICES.items():
        width = data.shape[1]
        if name in ("zeros and ties", "one column"):  # scikit-learn wants two columns
            continue
        for count in sorted({1, min(2, width), width}):
            fitted = TruncatedSVD(n_components=count, algorithm="randomized", n_iter=60, n_oversamples=20, random_state=1).fit(data)
            flip = sign(fitted.components_)
            rows = data[:10]
            state = {"components": fitted.components_ * flip[:, None], "explainedVariance": fitted.explained_variance_,
                     "explainedVarianceRatio": fitted.explained_variance_ratio_, "singularValues": fitted.singular_values_}
            loose = 1e-7 if name == "scales apart" else 1e-10
            out.append(case(name, {"nComponents": count}, data, state, rows, fitted.transform(rows) * flip, fitted.get_feature_names_out(), absolute=loose, stateAbsolute=loose))
    return out


def kmeans():
    out = []
    gaps = np.concatenate([rng.normal(0, 1, 30), rng.normal(100, 1, 20), [1000.0]])
    for name, values in {**COLUMNS, "gaps": gaps, "uniform": rng.uniform(0, 1, 300)}.items():
        for bins in (2, 3, 5, 8):
            if len(set(values)) < bins:
                continue  # scikit-learn warns, and rounding decides
            fitted = KBinsDiscretizer(n_bins=bins, encode="ordinal", strategy="kmeans").fit(column(values))
            edges = fitted.bin_edges_[0]
            rows = list(values[:20]) + [values.min() - 1, values.max() + 1]
            options = {"strategy": "kmeans", "nBins": bins, "encode": "ordinal"}
            out.append(case(name, options, column(values), {"binEdges": edges}, column(rows), fitted.transform(column(rows)), [None]))
    return out


def target_cases():
    out = []
    category = [["a", "b", "c", "d"][i] for i in rng.integers(0, 4, 60)] + ["once", None, None, "a"]
    numbers = [float(y) for y in rng.normal(5, 3, 60)] + [100.0, 1.0, 2.0, None]
    flags = [float(y) for y in rng.integers(0, 2, 60)] + [1.0, 0.0, 1.0, None]
    constant = [7.5] * 64
    for name, target in (("continuous", numbers), ("binary", flags), ("constant", constant)):
        for smooth in ("auto", 0, 1, 20.5):
            kept = [(c, y) for c, y in zip(category, target) if y is not None]
            y = np.array([v for _, v in kept])
            mean, variance = y.mean(), y.var()
            codes = {}
            for c in sorted({c for c, _ in kept if c is not None}) + [None]:
                own = np.array([v for k, v in kept if k == c])
                n = len(own)
                if smooth == "auto":
                    # lambda = y_variance n / (y_variance n + sum of squared deviations / n)
                    over = variance * n
                    under = over + ((own - own.mean()) ** 2).sum() / n
                    codes[c] = mean if under == 0 else over / under * own.mean() + (1 - over / under) * mean
                else:
                    codes[c] = (own.sum() + smooth * mean) / (n + smooth)
            rows = ["a", "b", "c", "d", "once", None, "unseen"]
            out.append({
                "name": f"{name} {smooth}",
                "options": {"smooth": smooth, "targetType": "binary" if name == "binary" else "auto"},
                "fit": plain([[c, v] for c, v in zip(category, target)]),
                "state": plain({"targetMean": mean, "encodings": list(codes.values())}),
                "categories": list(codes),
                "rows": [[c] for c in rows],
                "output": plain([[codes.get(c, mean) if c is not None else codes[None]] for c in rows]),
                "names": [None],
            })
    return out


def dump(value):
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def main():
    OUT.mkdir(exist_ok=True)
    files = {"normalizer": normalizer(), "polynomialFeatures": polynomial(), "splineTransformer": spline(), "pca": pca(),
             "truncatedSVD": svd(), "kBinsDiscretizer": kmeans(), "targetEncoder": target_cases()}
    for name, cases in files.items():
        tables = {}  # the same data serve many cases: written once, named by number
        for one in cases:
            for key in ("fit", "rows"):
                one[key] = tables.setdefault(dump(one[key]), len(tables))
        made_by = f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}"
        text = f'{{"madeBy": "{made_by}", "tables": [\n' + ",\n".join(tables) + '\n], "cases": [\n' + ",\n".join(map(dump, cases)) + "\n]}\n"
        (OUT / f"{name}.json").write_text(text)
        print(f"{name}: {len(cases)} cases, {len(text)} bytes")


main()
