"""Makes the graphs of this folder as skl2onnx writes them, with parameters that scikit-learn fits, and scikit-learn's
own answers beside them. Run by Debian's python3 with python3-onnx and python3-sklearn:

    /usr/bin/python3 test/reference/onnx/make_graphs.py
"""
import json
import os

import numpy as np

np.float, np.bool, np.object, np.int = float, bool, object, int  # names that this onnx still uses

from onnx import TensorProto, ValueInfoProto, checker, helper, numpy_helper  # noqa: E402
from sklearn.decomposition import PCA  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.preprocessing import (  # noqa: E402
    Binarizer, MaxAbsScaler, MinMaxScaler, Normalizer, OneHotEncoder, OrdinalEncoder, RobustScaler, StandardScaler)

HERE = os.path.dirname(os.path.abspath(__file__))
ML = "ai.onnx.ml"
F, D, I, S, B = TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64, TensorProto.STRING, TensorProto.BOOL
rng = np.random.RandomState(7)


def node(op, inputs, outputs, domain="", **attributes):
    return helper.make_node(op, inputs, outputs, name=f"{op}_{outputs[0]}", domain=domain, **attributes)


def ml(op, inputs, outputs, **attributes):
    return node(op, inputs, outputs, domain=ML, **attributes)


def info(name, kind, *dims):
    return helper.make_tensor_value_info(name, kind, [None, *dims])


def const(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


def cell(value):
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else str(float(value))
    return value.item() if isinstance(value, np.generic) else value


def save(name, nodes, inputs, outputs, data, initializers=(), expected=None, opset=15, mlopset=1):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset), helper.make_opsetid(ML, mlopset)], producer_name="skl2onnx")
    model.ir_version = 8
    checker.check_model(model)
    with open(os.path.join(HERE, f"{name}.onnx"), "wb") as file:
        file.write(model.SerializeToString())
    kinds = {F: "float", D: "double", I: "int64", S: "string", B: "bool"}
    case = {"inputs": {i.name: {"type": kinds[i.type.tensor_type.elem_type], "rows": [[cell(v) for v in row] for row in np.asarray(data[i.name]).reshape(len(data[i.name]), -1)]}
                       for i in inputs}}
    if expected is not None:
        case["sklearn"] = [[cell(v) for v in row] for row in np.asarray(expected, dtype=float)]
    with open(os.path.join(HERE, f"{name}.json"), "w") as file:
        json.dump(case, file, separators=(",", ":"))
        file.write("\n")


def numbers(rows=24, columns=4, missing=0.0):
    x = (rng.randn(rows, columns) * [1, 30, 0.01, 1e4][:columns] + [0, 50, 1, -3e3][:columns]).astype(np.float32)
    if missing:
        x[rng.rand(rows, columns) < missing] = np.nan
    return x


X = numbers()

# One scaler of each kind: all become a Scaler, x - offset times scale.
for name, fitted, offset, scale in [
    ("standard", StandardScaler().fit(X), lambda s: s.mean_, lambda s: 1 / s.scale_),
    ("robust", RobustScaler().fit(X), lambda s: s.center_, lambda s: 1 / s.scale_),
    ("maxabs", MaxAbsScaler().fit(X), lambda s: np.zeros(4), lambda s: 1 / s.scale_),
]:
    save(f"scaler-{name}", [ml("Scaler", ["X"], ["variable"], offset=offset(fitted).astype(np.float32), scale=scale(fitted).astype(np.float32))],
         [info("X", F, 4)], [info("variable", F, 4)], {"X": X}, expected=fitted.transform(X))

# MinMaxScaler with clip: Cast, Mul, Add, Clip.
minmax = MinMaxScaler(clip=True).fit(X[:12])
save("minmax-clip", [
    node("Cast", ["X"], ["cast"], to=F), node("Mul", ["cast", "scale"], ["scaled"]), node("Add", ["scaled", "min"], ["shifted"]),
    node("Clip", ["shifted", "low", "high"], ["variable"])],
    [info("X", F, 4)], [info("variable", F, 4)], {"X": X},
    [const("scale", minmax.scale_.astype(np.float32)[None]), const("min", minmax.min_.astype(np.float32)[None]), const("low", np.float32(0)), const("high", np.float32(1))],
    expected=minmax.transform(X))

# A ColumnTransformer: numbers imputed and scaled, two text columns one-hot, all concatenated.
missing = numbers(missing=0.3)
imputer = SimpleImputer().fit(missing)
scaler = StandardScaler().fit(imputer.transform(missing))
colour = rng.choice(["red", "green", "blue", "Größe 你好", ""], 24).astype(object)
shape = rng.choice(["round", "square"], 24).astype(object)
encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(np.stack([colour, shape], 1)[:20])
colour[21] = "violet"
text = np.stack([colour, shape], 1)
save("column-transformer", [
    node("Concat", ["a", "b", "c", "d"], ["numbers"], axis=1),
    ml("Imputer", ["numbers"], ["imputed"], imputed_value_floats=imputer.statistics_.astype(np.float32), replaced_value_float=float("nan")),
    ml("Scaler", ["imputed"], ["scaled"], offset=scaler.mean_.astype(np.float32), scale=(1 / scaler.scale_).astype(np.float32)),
    node("Concat", ["colour", "shape"], ["texts"], axis=1),
    ml("ArrayFeatureExtractor", ["texts", "first"], ["text0"]), ml("ArrayFeatureExtractor", ["texts", "second"], ["text1"]),
    ml("OneHotEncoder", ["text0"], ["hot0"], cats_strings=list(encoder.categories_[0]), zeros=1),
    ml("OneHotEncoder", ["text1"], ["hot1"], cats_strings=list(encoder.categories_[1]), zeros=1),
    node("Reshape", ["hot0", "shape0"], ["flat0"]), node("Flatten", ["hot1"], ["flat1"]),
    node("Concat", ["flat0", "flat1"], ["hots"], axis=-1), node("Concat", ["scaled", "hots"], ["transformed"], axis=1)],
    [info(n, F, 1) for n in "abcd"] + [info("colour", S, 1), info("shape", S, 1)],
    [info("transformed", F, 4 + sum(len(c) for c in encoder.categories_))],
    {**{n: missing[:, i:i + 1] for i, n in enumerate("abcd")}, "colour": colour[:, None], "shape": shape[:, None]},
    [const("first", np.int64([0])), const("second", np.int64([1])), const("shape0", np.int64([-1, len(encoder.categories_[0])]))],
    expected=np.hstack([scaler.transform(imputer.transform(missing)), encoder.transform(text)]))

# OrdinalEncoder: a LabelEncoder a column, reshaped, cast, concatenated.
ordinal = OrdinalEncoder().fit(text)
parts = []
for i in range(2):
    parts += [ml("ArrayFeatureExtractor", ["T", f"at{i}"], [f"col{i}"]), node("Reshape", [f"col{i}", "flat"], [f"row{i}"]),
              ml("LabelEncoder", [f"row{i}"], [f"code{i}"], keys_strings=list(ordinal.categories_[i]), values_int64s=list(range(len(ordinal.categories_[i])))),
              node("Reshape", [f"code{i}", "column"], [f"codes{i}"])]
save("ordinal", parts + [node("Concat", ["codes0", "codes1"], ["codes"], axis=1), node("Cast", ["codes"], ["variable"], to=F)],
     [info("T", S, 2)], [info("variable", F, 2)], {"T": text},
     [const("at0", np.int64([0])), const("at1", np.int64([1])), const("flat", np.int64([-1])), const("column", np.int64([-1, 1]))],
     expected=ordinal.transform(text), mlopset=2)

# One-hot of integers, both as int64 and from floats.
integers = rng.randint(-3, 9, (24, 2)).astype(np.int64)
onehot = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(integers[:, :1])
for name, kind, dtype in [("int64", I, np.int64), ("float", F, np.float32)]:
    save(f"onehot-{name}", [node("Gather", ["X", "column"], ["one"], axis=1), ml("OneHotEncoder", ["one"], ["hot"], cats_int64s=list(map(int, onehot.categories_[0])), zeros=1),
                            node("Flatten", ["hot"], ["variable"], axis=1)],
         [info("X", kind, 2)], [info("variable", F, len(onehot.categories_[0]))], {"X": integers.astype(dtype)}, [const("column", np.int64([0]))], expected=onehot.transform(integers[:, :1]))

# Normalizers; a row of zeros stays.
zeros = X.copy()
zeros[3] = 0
for norm in ["l1", "l2"]:
    save(f"normalizer-{norm}", [ml("Normalizer", ["X"], ["variable"], norm=norm.upper())], [info("X", F, 4)], [info("variable", F, 4)], {"X": zeros},
         expected=Normalizer(norm).transform(zeros))
# ONNX's MAX is the greatest value, scikit-learn's the greatest absolute value.
save("normalizer-max", [ml("Normalizer", ["X"], ["variable"], norm="MAX")], [info("X", F, 4)], [info("variable", F, 4)], {"X": zeros})

save("binarizer", [ml("Binarizer", ["X"], ["variable"], threshold=0.5)], [info("X", F, 4)], [info("variable", F, 4)], {"X": X}, expected=Binarizer(threshold=0.5).transform(X))

# PCA: Sub, MatMul; a small dense layer: Gemm.
pca = PCA(2).fit(X)
save("pca", [node("Sub", ["X", "mean"], ["centred"]), node("MatMul", ["centred", "components"], ["variable"])],
     [info("X", F, 4)], [info("variable", F, 2)], {"X": X}, [const("mean", pca.mean_.astype(np.float32)), const("components", pca.components_.T.astype(np.float32))],
     expected=pca.transform(X))
save("gemm", [node("Gemm", ["X", "W", "bias"], ["variable"], transB=1, alpha=0.5, beta=2.0)], [info("X", F, 4)], [info("variable", F, 3)], {"X": X},
     [const("W", rng.randn(3, 4).astype(np.float32)), const("bias", rng.randn(3).astype(np.float32))])

# The label encoders' other forms: numbers to numbers and to text, with defaults.
save("labels", [
    ml("LabelEncoder", ["i"], ["asFloat"], keys_int64s=[1, 2, 3], values_floats=[0.25, -1.5, 7.0], default_float=9.5),
    ml("LabelEncoder", ["i"], ["asText"], keys_int64s=[1, 2, 3], values_strings=["one", "two", "three"], default_string="many"),
    ml("LabelEncoder", ["i"], ["asInt"], keys_int64s=[1, 2, 3], values_int64s=[30, 20, 10], default_int64=-7),
    ml("LabelEncoder", ["x"], ["fromFloat"], keys_floats=[0.5, 1.5, -2.0], values_int64s=[5, 15, -20], default_int64=0),
    ml("LabelEncoder", ["asText"], ["again"], keys_strings=["one", "three"], values_floats=[1.0, 3.0], default_float=-0.5)],
    [info("i", I, 1), info("x", F, 1)], [info("asFloat", F, 1), info("asText", S, 1), info("asInt", I, 1), info("fromFloat", I, 1), info("again", F, 1)],
    {"i": (np.arange(8)[:, None] - 2).astype(np.int64), "x": np.float32([[0.5], [1.5], [-2], [0], [1.4999], [np.inf], [-2.0], [3]])}, mlopset=2)

# Arithmetic, comparison and logic as a FunctionTransformer or a custom converter writes them, NaN and infinity among the data.
extreme = numbers(missing=0.15)
extreme[0, 0], extreme[1, 1], extreme[2, 2] = np.inf, -np.inf, 0
save("functions", [
    node("Split", ["X"], ["a", "b", "c", "d"], axis=1),
    node("Constant", [], ["one"], value=numpy_helper.from_array(np.float32([1]))),
    node("Abs", ["b"], ["absb"]), node("Add", ["absb", "one"], ["b1"]), node("Log", ["b1"], ["logb"]), node("Sqrt", ["absb"], ["rootb"]),
    node("Neg", ["a"], ["nega"]), node("Exp", ["nega"], ["expa"]), node("Div", ["a", "b1"], ["ratio"]), node("Mul", ["a", "d"], ["product"]), node("Sub", ["a", "d"], ["difference"]),
    node("IsNaN", ["c"], ["nanc"]), node("Where", ["nanc", "one", "c"], ["filled"]), node("Less", ["a", "c"], ["less"]), node("Greater", ["a", "d"], ["greater"]),
    node("Not", ["less"], ["notless"]), node("And", ["less", "greater"], ["both"]), node("Or", ["nanc", "greater"], ["either"]), node("Equal", ["less", "greater"], ["same"]),
    *[node("Cast", [n], [f"{n}F"], to=F) for n in ["notless", "both", "either", "same"]],
    node("Pow", ["absb", "half"], ["power"]), node("Reciprocal", ["b1"], ["inverse"]), node("Sigmoid", ["a"], ["sigmoid"]), node("Tanh", ["a"], ["tanh"]), node("Floor", ["d"], ["floor"]), node("Round", ["d"], ["round"]),
    node("Concat", ["logb", "rootb", "expa", "ratio", "product", "difference", "filled", "notlessF", "bothF", "eitherF", "sameF", "power", "inverse", "sigmoid", "tanh", "floor", "round"], ["variable"], axis=1)],
    [info("X", F, 4)], [info("variable", F, 17)], {"X": extreme}, [const("half", np.float32([0.5]))])

# Shapes: squeezing, unsqueezing, slicing, gathering, vectors of one axis, reductions.
save("shapes", [
    node("Slice", ["X", "from", "to", "axes"], ["middle"]), node("Squeeze", ["y", "axes"], ["flat"]), node("Unsqueeze", ["flat", "axes"], ["column"]), node("Cast", ["column"], ["columnF"], to=F),
    node("Gather", ["X", "last"], ["one"], axis=1), node("Unsqueeze", ["one", "axes"], ["oneColumn"]), node("Unsqueeze", ["X", "axes"], ["cube"]), node("Reshape", ["cube", "keep"], ["kept"]),
    node("ReduceL2", ["X"], ["length"], axes=[1]), node("ReduceSum", ["X", "axes"], ["sum"]), node("Identity", ["middle"], ["same"]),
    ml("FeatureVectorizer", ["same", "columnF", "oneColumn", "kept", "length", "sum"], ["variable"], inputdimensions=[2, 1, 1, 4, 1, 1])],
    [info("X", F, 4), info("y", I, 1)], [info("variable", F, 10)], {"X": X, "y": integers[:, :1]},
    [const("from", np.int64([1])), const("to", np.int64([3])), const("axes", np.int64([1])), const("last", np.int64(3)), const("keep", np.int64([0, -1]))])

# Double precision, and an old opset that has its parameters as attributes.
save("double", [node("Sub", ["X", "mean"], ["centred"]), node("Div", ["centred", "scale"], ["variable"])], [info("X", D, 4)], [info("variable", D, 4)], {"X": X.astype(np.float64) / 3},
     [const("mean", np.float64([0.1, 50, 1, -3e3])), const("scale", np.float64([1, 30, 0.01, 1e4]))])
save("old-opset", [node("Clip", ["X"], ["clipped"], min=-1.0, max=40.0), node("Unsqueeze", ["clipped"], ["cube"], axes=[2]), node("Squeeze", ["cube"], ["variable"], axes=[2])],
     [info("X", F, 4)], [info("variable", F, 4)], {"X": X}, opset=10)
save("imputer-int64", [ml("Imputer", ["X"], ["variable"], imputed_value_int64s=[5, 6], replaced_value_int64=-1)], [info("X", I, 2)], [info("variable", I, 2)], {"X": integers})

probabilities = ValueInfoProto(name="probabilities")
kind = probabilities.type.sequence_type.elem_type.map_type
kind.key_type = I
kind.value_type.tensor_type.elem_type = F

# A whole pipeline: the classifier behind the scaler cannot become features.
save("pipeline", [ml("Scaler", ["X"], ["scaled"], offset=[0.0], scale=[0.5]),
                  ml("LinearClassifier", ["scaled"], ["label", "scores"], coefficients=[1.0, 0, 0, 0, -1.0, 0, 0, 0], intercepts=[0.0, 0.5], classlabels_ints=[0, 1], post_transform="SOFTMAX"),
                  ml("ZipMap", ["scores"], ["probabilities"], classlabels_int64s=[0, 1])],
     [info("X", F, 4)], [info("label", I), probabilities], {"X": X})
