#!/usr/bin/env python3
"""Makes test/reference/text/*.json with the real scikit-learn (1.2; Debian: apt-get install python3-sklearn).

One file a transformation: columns of texts, lists or labels by name, and cases that name two of them: what was fitted
on and what was transformed, with the options, the state that scikit-learn learned, the columns' names and the output.
scikit-learn takes no missing texts: rows that are null are left out there and null here. Outputs are rows of numbers;
a row of many zeros is a dictionary from places to numbers. Run: python3 test/reference/make_text.py
"""

import json
import pathlib
import warnings

import numpy as np
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.preprocessing import KBinsDiscretizer, LabelEncoder, MultiLabelBinarizer

warnings.simplefilter("ignore")
OUT = pathlib.Path(__file__).parent / "text"
rng = np.random.default_rng(20240229)

SYLLABLES = ["ka", "lo", "mi", "ten", "ra", "su", "vel", "o", "nar", "ip"]
WORDS = ["".join(rng.choice(SYLLABLES, rng.integers(1, 4))) for _ in range(40)]

TEXTS = {
    "flights": [
        "Departure delayed due to weather; new time 18:45.",
        "Gate change: departure from gate B12, not gate B21!",
        "On time",
        "",
        "Cancelled. Weather, weather, weather...",
        "delayed delayed DELAYED",
        "a b c d",
        "Boarding at gate_b12 (zone 3) / gate-b12",
        "Weather cleared; on-time departure at 18:45",
    ],
    "unicode": [
        "Żółć gęślą jaźń, żółć!",
        "ΟΔΥΣΣΕΥΣ και ΣΊΣΥΦΟΣ ΣΑΣ",
        "naïve na\u0131ve nai\u0308ve NAÏVE",
        "日本語 テキスト 日本語テキスト",
        "x² + y² = ½ Ⅷ ٣٤ ౧౨",
        "😀 😀smile😀 a😀b",
        "İstanbul Istanbul ıstanbul",
        "straße STRASSE ẞ ﬁn",
        "_under_score __ _a a_",
        "हिन्दी भाषा",
        "",
        "𝒳𝒴 𐐀𐐁 𐐨𐐩",
    ],
    "spaces": [
        "  two  spaces  ",
        "tab\tand\nnew\r\nline",
        "no\u00a0break \u3000wide\u2003em \u2028 sep",
        "\ufeffbom inside\ufeffword",
        "unit\u001fsep \u001c\u001d file next\u0085line",
        "   ",
        "\t\n",
        "x",
        " y ",
        "end ",
    ],
    "with null": ["one two", None, "two three three", "", None, "four"],
    "random": [" ".join(rng.choice(WORDS, rng.integers(0, 15), p=np.arange(40, 0, -1) / 820)) for _ in range(60)],
    "random others": [" ".join(rng.choice(WORDS + ["unseen", "words"], rng.integers(0, 12))) for _ in range(12)],
    "one": ["single text"],
}

LISTS = {
    "genres": [["drama", "comedy"], [], ["thriller"], ["comedy", "comedy"], ["Sci-Fi", "drama", ""], ["é", "e\u0301", "😀"]],
    "genres and others": [["drama", "unseen"], ["unseen"], [], ["😀", "é"], ["", "Drama"]],
    "nulls": [["a", None, "b"], None, [None], ["b"], []],
    "words": [list(rng.choice(WORDS, rng.integers(0, 9))) for _ in range(25)],
}

INTS = {
    "numbers": [[3, -1], [], [10, 3, 3], [2**62, -(2**62)], [0], [9007199254740993]],
    "numbers and others": [[3, 4], [4], [9007199254740992, 9007199254740993], [], [-1, 0, 10]],
    "nulls": [[5, None], None, [None], [7, 5]],
}


def plain(value):
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, (str, bool)) or value is None:
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value) if abs(int(value)) < 2**53 else str(int(value))
    if value != value:
        return "NaN"
    return float(value)


def vectors(array, rows):
    """Rows as dictionaries of what is not 0, null for a null row."""
    dense = array.toarray() if hasattr(array, "toarray") else np.asarray(array)
    found = iter(dense)
    out = []
    for row in rows:
        if row is None:
            out.append(None)
            continue
        values = next(found)
        out.append({str(i): plain(v) for i, v in enumerate(values) if v != 0})
    return out


def snake(options):
    out = {}
    for key, value in options.items():
        name = "".join("_" + c.lower() if c.isupper() else c for c in key)
        out[name] = tuple(value) if name == "ngram_range" else value
    # JSON has one 1: there it is "all texts" for max_df, as a fraction.
    if "max_df" in out and out["max_df"] == 1:
        out["max_df"] = 1.0
    return out


def present(rows):
    return [row for row in rows if row is not None]


TERM_OPTIONS = [
    {},
    {"lowercase": False},
    {"tokenPattern": r"(?u)\b\w+\b"},
    {"tokenPattern": r"\S+"},
    {"ngramRange": [1, 2]},
    {"ngramRange": [2, 3], "tokenPattern": r"(?u)\b\w+\b"},
    {"analyzer": "char"},
    {"analyzer": "char", "ngramRange": [2, 4]},
    {"analyzer": "char_wb", "ngramRange": [1, 1]},
    {"analyzer": "char_wb", "ngramRange": [2, 5]},
    {"analyzer": "char_wb", "ngramRange": [4, 4], "lowercase": False},
    {"binary": True},
    {"stopWords": ["the", "delayed", "gate", "two", "naïve"], "ngramRange": [1, 2]},
]

VOCABULARY_OPTIONS = [
    {"minDf": 2},
    {"maxDf": 3},
    {"minDf": 0.05, "maxDf": 0.4},
    {"maxDf": 1, "minDf": 0.1},
    {"minDf": 2, "ngramRange": [1, 2]},
    {"maxFeatures": 7},
    {"maxFeatures": 3, "minDf": 2, "analyzer": "char"},
]


def text_case(make, options, fit, rows, learned):
    fitted = make(**snake(options)).fit(present(TEXTS[fit]))
    return {
        "name": f"{fit} {json.dumps(options)}",
        "type": "utf8",
        "options": options,
        "fit": fit,
        "rows": rows,
        **learned(fitted),
        "output": vectors(fitted.transform(present(TEXTS[rows])), TEXTS[rows]),
    }


def count_state(fitted):
    names = fitted.get_feature_names_out()
    return {"state": {"terms": plain(names)}, "names": plain(names)}


def tfidf_state(fitted):
    names = fitted.get_feature_names_out()
    idf = plain(fitted.idf_) if fitted.use_idf else []
    return {"state": {"terms": plain(names), "idf": idf}, "names": plain(names)}


def distinct_counts(fit, options):
    """Whether the texts' k most frequent terms are one set: ties at the border go another way in scikit-learn."""
    k = options["maxFeatures"]
    rest = {key: value for key, value in options.items() if key != "maxFeatures"}
    counts = np.asarray(CountVectorizer(**snake(rest)).fit_transform(present(TEXTS[fit])).sum(axis=0)).ravel()
    counts = np.sort(counts)[::-1]
    return len(counts) <= k or counts[k - 1] != counts[k]


def count():
    out = []
    for options in TERM_OPTIONS:
        for fit in ("flights", "unicode", "spaces"):
            out.append(text_case(CountVectorizer, options, fit, fit, count_state))
    out += [text_case(CountVectorizer, options, "random", "random others", count_state) for options in [{}, *VOCABULARY_OPTIONS]
            if "maxFeatures" not in options or distinct_counts("random", options)]
    out += [
        text_case(CountVectorizer, {}, "with null", "with null", count_state),
        text_case(CountVectorizer, {}, "one", "flights", count_state),
        text_case(CountVectorizer, {"vocabulary": ["weather", "Gate", "gate", "on time"], "ngramRange": [1, 2]}, "flights", "flights", count_state),
    ]
    return TEXTS, out


def tfidf():
    options_list = [
        {},
        {"norm": "l1"},
        {"norm": None},
        {"useIdf": False},
        {"smoothIdf": False},
        {"sublinearTf": True},
        {"sublinearTf": True, "norm": None, "useIdf": False},
        {"binary": True},
        {"analyzer": "char_wb", "ngramRange": [2, 3], "norm": "l1", "smoothIdf": False},
        {"ngramRange": [1, 3], "sublinearTf": True},
    ]
    out = []
    for options in options_list:
        for fit in ("flights", "unicode"):
            out.append(text_case(TfidfVectorizer, options, fit, fit, tfidf_state))
    for options in [{}, {"minDf": 3, "sublinearTf": True}, {"maxDf": 0.3, "norm": "l1"}]:
        out.append(text_case(TfidfVectorizer, options, "random", "random others", tfidf_state))
    out.append(text_case(TfidfVectorizer, {}, "with null", "with null", tfidf_state))
    out.append(text_case(TfidfVectorizer, {"vocabulary": ["weather", "nowhere", "gate"]}, "flights", "flights", tfidf_state))
    return TEXTS, out


def hashing():
    options_list = [
        {"nFeatures": 16},
        {"nFeatures": 7, "norm": None},
        {"nFeatures": 4096, "norm": "l1"},
        {"nFeatures": 5, "alternateSign": False},
        {"nFeatures": 5, "binary": True, "norm": None},
        {"nFeatures": 3, "binary": True},
        {"nFeatures": 64, "analyzer": "char", "ngramRange": [1, 3]},
        {"nFeatures": 1, "analyzer": "char_wb", "ngramRange": [3, 3], "norm": None},
        {"nFeatures": 1000, "stopWords": ["gate"], "ngramRange": [1, 2], "lowercase": False},
    ]
    out = []
    for options in options_list:
        # A wide vector once is enough.
        for fit in ("flights", "unicode", "spaces", "with null") if options["nFeatures"] < 1000 else ("unicode",):
            out.append(text_case(HashingVectorizer, options, fit, fit, lambda f: {"state": {}, "width": f.n_features}))
    return TEXTS, out


def cleaned(rows):
    return [None if row is None else [item for item in row if item is not None] for row in rows]


def hasher():
    out = []
    for name, rows in LISTS.items():
        for options in [{"nFeatures": 8}, {"nFeatures": 1}, {"nFeatures": 301}, {"nFeatures": 10, "alternateSign": False}]:
            hashed = FeatureHasher(input_type="string", **snake(options)).transform(present(cleaned(rows)))
            out.append({"name": f"{name} {json.dumps(options)}", "type": "list<utf8>", "options": options, "fit": name, "rows": name,
                        "state": {}, "width": options["nFeatures"], "output": vectors(hashed, rows)})
    return LISTS, out


def labels():
    def case(columns, kind, fit, rows, options):
        fitted = MultiLabelBinarizer(**options).fit(present(cleaned(columns[fit])))
        classes = plain(list(fitted.classes_))
        return {"name": f"{kind}: {fit} {json.dumps(options)}", "type": f"list<{kind}>", "options": options, "fit": f"{kind} {fit}", "rows": f"{kind} {rows}",
                "state": {"classes": classes}, "names": [str(c) for c in classes],
                "output": vectors(fitted.transform(present(cleaned(columns[rows]))), columns[rows])}

    out = [
        case(LISTS, "utf8", "genres", "genres", {}),
        case(LISTS, "utf8", "genres", "genres and others", {}),
        case(LISTS, "utf8", "nulls", "nulls", {}),
        case(LISTS, "utf8", "words", "words", {}),
        case(LISTS, "utf8", "genres", "genres and others", {"classes": ["unseen", "drama", "other"]}),
        case(INTS, "int64", "numbers", "numbers", {}),
        case(INTS, "int64", "numbers", "numbers and others", {}),
        case(INTS, "int64", "nulls", "nulls", {}),
        case(INTS, "int64", "numbers", "numbers and others", {"classes": [10, 4, -1]}),
    ]
    columns = {f"utf8 {name}": rows for name, rows in LISTS.items()} | {f"int64 {name}": rows for name, rows in INTS.items()}
    return columns, out


def label_encoder():
    columns = {
        "utf8": ["b", "a", "", "é", "z", "😀", "\uffff", "a", "B"],
        "int64": [5, -3, 5, 2**62, 0, -(2**62), 9007199254740993],
        "float64": [2.5, -1.0, 0.0, 1e300, 2.5, 1e-300],
        "bool": [True, False, True],
    }
    unseen = {"utf8": ["c", "A"], "int64": [1, 9007199254740992], "float64": [2.0, -2.5], "bool": []}
    out = []
    for kind, values in columns.items():
        fitted = LabelEncoder().fit(np.array(values, dtype={"utf8": object, "int64": np.int64, "float64": np.float64, "bool": bool}[kind]))
        out.append({"name": kind, "type": kind, "options": {}, "fit": kind, "rows": kind, "state": {"categories": plain(fitted.classes_)},
                    "unknown": plain(unseen[kind]), "output": [[int(i)] for i in fitted.transform(values)]})
    return {name: plain(values) for name, values in columns.items()}, out


NUMBERS = {
    "random": plain(rng.lognormal(1, 2, 120)),
    "ties": [1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 9.0, 9.0],
    "constant": [4.2, 4.2, 4.2],
    "missing": [1.0, None, "NaN", 4.0, 2.0, 8.0],
    "probes": [-1e9, 0.0, 1.0, 1.5, 2.0, 3.0, 4.2, 8.999, 9.0, 1e9, None, "NaN"],
}


def finite(values):
    return np.array([v for v in values if v is not None and v != "NaN"])


def one_number(fit, rows, options, state, f):
    output = [[None] if v is None else ["NaN"] if v == "NaN" else [plain(f(v))] for v in NUMBERS[rows]]
    return {"name": f"{fit} {json.dumps(options)}", "type": "float64", "options": options, "fit": fit, "rows": rows, "state": state, "output": output}


def rank():
    """By NumPy: the quantiles of the data, and how many of them are not above the value."""
    out = []
    for fit in ("random", "ties", "constant", "missing"):
        for options in [{}, {"nQuantiles": 4}, {"nQuantiles": 1}]:
            n = options.get("nQuantiles", 100)
            quantiles = np.maximum.accumulate(np.quantile(finite(NUMBERS[fit]), np.arange(1, n + 1) / n))
            for rows in (fit, "probes"):
                out.append(one_number(fit, rows, options, {"quantiles": plain(quantiles)}, lambda v: np.searchsorted(quantiles, v, side="right") / n))
    return NUMBERS, out


def binner(strategy, default):
    out = []
    for fit in ("random", "ties", "constant", "missing"):
        for options in [{}, {"nBins": 3}]:
            fitted = KBinsDiscretizer(options.get("nBins", default), encode="ordinal", strategy=strategy).fit(finite(NUMBERS[fit]).reshape(-1, 1))
            for rows in (fit, "probes"):
                out.append(one_number(fit, rows, options, {"binEdges": plain([str(e) if np.isinf(e) else e for e in fitted.bin_edges_[0]])},
                                      lambda v: fitted.transform([[v]])[0][0]))
    for case in out:
        case["state"]["binEdges"] = [{"inf": "Infinity", "-inf": "-Infinity"}.get(e, e) for e in case["state"]["binEdges"]]
    return NUMBERS, out


def main():
    OUT.mkdir(exist_ok=True)
    makers = {
        "labelEncoder": label_encoder(),
        "multiLabelBinarizer": labels(),
        "featureHasher": hasher(),
        "hashingVectorizer": hashing(),
        "countVectorizer": count(),
        "tfidfVectorizer": tfidf(),
        "rankNormalizer": rank(),
        "equalWidthBinner": binner("uniform", 10),
        "equalFrequencyBinner": binner("quantile", 4),
    }
    for name, (columns, cases) in makers.items():
        columns = {key: plain(rows) for key, rows in columns.items()}
        (OUT / f"{name}.json").write_text(json.dumps({"columns": columns, "cases": cases}, ensure_ascii=True, separators=(",", ":")) + "\n")
        print(name, len(cases))


main()
