#!/usr/bin/python3
"""Makes pipelines.json: scikit-learn models, the graphs that skl2onnx's converters make of such models, and
scikit-learn's own predictions. skl2onnx itself is not used, so the graphs are built here operator by operator as its
converters do (skl2onnx/operator_converters). Needs Debian's python3-sklearn and python3-onnx.
"""
import base64
import json
import os

import numpy as np
from onnx import TensorProto, helper
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, Normalizer, OneHotEncoder, StandardScaler

rng = np.random.default_rng(7)
FEATURES = 6
X = rng.normal(size=(300, FEATURES)).astype(np.float32)
SCORE = X[:, 0] - 0.5 * X[:, 1] * X[:, 2] + 0.3 * rng.normal(size=300)
BINARY = (SCORE > 0).astype(np.int64)
THREE = np.digitize(SCORE, [-0.6, 0.6]).astype(np.int64)
NAMES = np.array(["low", "middle", "high"])[THREE]
TEST = np.vstack([X[:25], rng.normal(size=(15, FEATURES)).astype(np.float32) * 2]).astype(np.float32)

ML = "ai.onnx.ml"
node = helper.make_node


def info(name, kind, dims):
    return helper.make_tensor_value_info(name, kind, dims)


def const(name, array):
    array = np.asarray(array)
    kind = {"float32": TensorProto.FLOAT, "int64": TensorProto.INT64, "object": TensorProto.STRING}[str(array.dtype) if array.dtype.kind != "U" else "object"]
    return helper.make_tensor(name, kind, array.shape, array.ravel().tolist() if array.dtype.kind != "U" else [t.encode() for t in array.ravel()])


def model(nodes, inputs, outputs, constants=()):
    graph = helper.make_graph(list(nodes), "pipeline", list(inputs), list(outputs), list(constants))
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15), helper.make_opsetid(ML, 3)])
    made.ir_version = 8
    return base64.b64encode(made.SerializeToString()).decode()


FLOAT_INPUT = [info("X", TensorProto.FLOAT, [None, FEATURES])]


def labels_attribute(classes, integers="classlabels_int64s"):
    classes = list(classes)
    return {"classlabels_strings": [str(c) for c in classes]} if isinstance(classes[0], str) else {integers: [int(c) for c in classes]}


def label_kind(classes):
    return TensorProto.STRING if isinstance(list(classes)[0], str) else TensorProto.INT64


def class_outputs(classes):
    return [info("label", label_kind(classes), [None]), info("probabilities", TensorProto.FLOAT, [None, len(classes)])]


def scaler(source, target, offset, scale):
    return node("Scaler", [source], [target], domain=ML, offset=[float(v) for v in offset], scale=[float(v) for v in scale])


def standard(source, target, fitted):
    return scaler(source, target, fitted.mean_, 1 / fitted.scale_)


def logistic(source, fitted):
    coef, intercept, classes = fitted.coef_, fitted.intercept_, fitted.classes_.tolist()
    if len(classes) == 2:
        coef, intercept = np.vstack([-coef, coef]), np.hstack([-intercept, intercept])
    multinomial = len(classes) > 2 and fitted.multi_class != "ovr"
    nodes = [
        node("LinearClassifier", [source], ["raw_label", "raw_probabilities"], domain=ML, coefficients=coef.ravel().tolist(), intercepts=intercept.tolist(),
             multi_class=1 if multinomial else 0, post_transform="SOFTMAX" if multinomial else "LOGISTIC", **labels_attribute(classes, "classlabels_ints")),
        node("Normalizer", ["raw_probabilities"], ["probabilities"], domain=ML, norm="L1"),
    ]
    if label_kind(classes) == TensorProto.INT64:
        nodes.append(node("Cast", ["raw_label"], ["label"], to=TensorProto.INT64))
    else:
        nodes.append(node("Identity", ["raw_label"], ["label"]))
    return nodes


def below(threshold):
    """The greatest float32 that is not above: x <= threshold is the same question for every float32 x."""
    out = np.float32(threshold)
    return float(np.nextafter(out, np.float32(-np.inf)) if float(out) > threshold else out)


def tree_lists(trees, weights_of):
    out = {k: [] for k in ["treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids", "missing_value_tracks_true", "hitrates"]}
    weights = {k: [] for k in ["treeids", "nodeids", "ids", "weights"]}
    for t, tree in enumerate(trees):
        for i in range(tree.node_count):
            leaf = tree.children_left[i] == -1
            out["treeids"].append(t)
            out["nodeids"].append(i)
            out["featureids"].append(0 if leaf else int(tree.feature[i]))
            out["modes"].append("LEAF" if leaf else "BRANCH_LEQ")
            out["values"].append(0.0 if leaf else below(tree.threshold[i]))
            out["truenodeids"].append(0 if leaf else int(tree.children_left[i]))
            out["falsenodeids"].append(0 if leaf else int(tree.children_right[i]))
            out["missing_value_tracks_true"].append(0)
            out["hitrates"].append(1.0)
            if leaf:
                for target, weight in weights_of(t, tree, i):
                    weights["treeids"].append(t)
                    weights["nodeids"].append(i)
                    weights["ids"].append(target)
                    weights["weights"].append(float(weight))
    return {f"nodes_{k}": v for k, v in out.items()}, weights


def forest_classifier(fitted):
    classes, count = fitted.classes_.tolist(), len(fitted.estimators_)

    def weights_of(_, tree, i):
        share = tree.value[i][0] / tree.value[i][0].sum() / count
        # Of two classes only the second has a column, which is number 0.
        return [(0, share[1])] if len(classes) == 2 else list(enumerate(share))

    nodes, weights = tree_lists([e.tree_ for e in fitted.estimators_], weights_of)
    return node("TreeEnsembleClassifier", ["X"], ["label", "probabilities"], domain=ML, post_transform="NONE", **nodes, **{f"class_{k}": v for k, v in weights.items()}, **labels_attribute(classes))


def boosted_trees(fitted):
    stages, targets = fitted.estimators_.shape
    trees = [fitted.estimators_[s, t].tree_ for s in range(stages) for t in range(targets)]
    return tree_lists(trees, lambda at, tree, i: [(at % targets, tree.value[i][0][0] * fitted.learning_rate)])


def boosting_classifier(fitted):
    classes = fitted.classes_.tolist()
    nodes, weights = boosted_trees(fitted)
    prior = fitted.init_.class_prior_
    base = [float(np.log(prior[1] / (1 - prior[1])))] if len(classes) == 2 else np.log(prior).tolist()
    return node("TreeEnsembleClassifier", ["X"], ["label", "probabilities"], domain=ML, post_transform="LOGISTIC" if len(classes) == 2 else "SOFTMAX", base_values=base,
                **nodes, **{f"class_{k}": v for k, v in weights.items()}, **labels_attribute(classes))


def tree_regressor(nodes, weights, base):
    return node("TreeEnsembleRegressor", ["X"], ["variable"], domain=ML, n_targets=1, post_transform="NONE", **({"base_values": base} if base else {}), **nodes, **{f"target_{k}": v for k, v in weights.items()})


def network(fitted, source, last):
    """MatMul, Add and the activation of each layer, as the converter writes them."""
    nodes, constants, at = [node("Cast", [source], ["cast_input"], to=TensorProto.FLOAT)], [], "cast_input"
    activation = {"relu": "Relu", "tanh": "Tanh", "logistic": "Sigmoid"}[fitted.activation]
    for i, (w, b) in enumerate(zip(fitted.coefs_, fitted.intercepts_)):
        constants += [const(f"coefficient{i}", w.astype(np.float32)), const(f"intercepts{i}", b.astype(np.float32).reshape(1, -1))]
        final = i == len(fitted.coefs_) - 1
        nodes += [node("MatMul", [at, f"coefficient{i}"], [f"mul{i}"]), node("Add", [f"mul{i}", f"intercepts{i}"], [f"add{i}"])]
        at = f"add{i}" if final and last is None else f"next{i}"
        if at != f"add{i}":
            nodes.append(node(last if final else activation, [f"add{i}"], [at], **({"axis": 1} if final and last == "Softmax" else {})))
    return nodes, constants, at


def network_classifier(fitted):
    classes = fitted.classes_.tolist()
    binary = len(classes) == 2
    nodes, constants, at = network(fitted, "X", "Sigmoid" if binary else "Softmax")
    if binary:
        constants.append(const("unity", np.array([1], dtype=np.float32)))
        nodes += [node("Sub", ["unity", at], ["negative"]), node("Concat", ["negative", at], ["probabilities"], axis=1)]
    else:
        nodes.append(node("Identity", [at], ["probabilities"]))
    constants += [const("classes", np.array(classes) if isinstance(classes[0], str) else np.array(classes, dtype=np.int64)), const("shape", np.array([-1], dtype=np.int64))]
    nodes += [node("ArgMax", ["probabilities"], ["argmax"], axis=1), node("ArrayFeatureExtractor", ["classes", "argmax"], ["found"], domain=ML)]
    if isinstance(classes[0], str):
        nodes.append(node("Reshape", ["found", "shape"], ["label"]))
    else:
        nodes += [node("Cast", ["found"], ["found_int"], to=TensorProto.INT64), node("Reshape", ["found_int", "shape"], ["label"])]
    return nodes, constants


cases = []


def add(name, onnx, inputs, outputs):
    def plain(values):
        # JSON has no NaN.
        return [[None if v != v else v for v in row] if isinstance(row, list) else row for row in np.asarray(values).tolist()]

    cases.append({"name": name, "model": onnx, "inputs": {k: plain(v) for k, v in inputs.items()}, "outputs": {k: plain(v) for k, v in outputs.items()}})


def add_classifier(name, nodes, fitted, constants=(), inputs=None, test=None, declared=None):
    classes = fitted.classes_.tolist()
    given = TEST if test is None else test
    onnx = model(nodes, declared or FLOAT_INPUT, class_outputs(classes), constants)
    add(name, onnx, inputs or {"X": TEST}, {"label": fitted.predict(given), "probabilities": fitted.predict_proba(given)})


for name, target in [("binary", BINARY), ("three", THREE), ("texts", NAMES), ("offset labels", BINARY * 7 - 3)]:
    for kind in ["auto", "ovr"]:
        pipe = make_pipeline(StandardScaler(), LogisticRegression(multi_class=kind)).fit(X, target)
        add_classifier(f"StandardScaler, LogisticRegression {kind}, {name}", [standard("X", "scaled", pipe[0]), *logistic("scaled", pipe[1])], pipe)
    forest = RandomForestClassifier(n_estimators=12, max_depth=5, random_state=1).fit(X, target)
    add_classifier(f"RandomForestClassifier, {name}", [forest_classifier(forest)], forest)
    boosted = GradientBoostingClassifier(n_estimators=10, max_depth=3, random_state=1).fit(X, target)
    add_classifier(f"GradientBoostingClassifier, {name}", [boosting_classifier(boosted)], boosted)
    net = MLPClassifier((8, 5), activation="relu" if name == "binary" else "tanh", max_iter=60, random_state=1).fit(X, target)
    nodes, constants = network_classifier(net)
    add_classifier(f"MLPClassifier, {name}", nodes, net, constants)


def add_regressor(name, nodes, fitted, constants=()):
    add(name, model(nodes, FLOAT_INPUT, [info("variable", TensorProto.FLOAT, [None, 1])], constants), {"X": TEST}, {"variable": fitted.predict(TEST).reshape(-1, 1)})


Y = SCORE.astype(np.float64)
forest = RandomForestRegressor(n_estimators=12, max_depth=5, random_state=1).fit(X, Y)
add_regressor("RandomForestRegressor", [tree_regressor(*tree_lists([e.tree_ for e in forest.estimators_], lambda _, tree, i: [(0, tree.value[i][0][0] / 12)]), [])], forest)
boosted = GradientBoostingRegressor(n_estimators=15, max_depth=3, random_state=1).fit(X, Y)
add_regressor("GradientBoostingRegressor", [tree_regressor(*boosted_trees(boosted), [float(boosted.init_.constant_[0][0])])], boosted)
pipe = make_pipeline(MinMaxScaler(), LinearRegression()).fit(X, Y)
minmax = pipe[0]
add_regressor(
    "MinMaxScaler, LinearRegression",
    [
        node("Cast", ["X"], ["cast"], to=TensorProto.FLOAT),
        node("Mul", ["cast", "scale"], ["scaled"]),
        node("Add", ["scaled", "min"], ["shifted"]),
        node("LinearRegressor", ["shifted"], ["raw"], domain=ML, coefficients=pipe[1].coef_.tolist(), intercepts=[float(pipe[1].intercept_)], targets=1),
        node("Identity", ["raw"], ["variable"]),
    ],
    pipe,
    [const("scale", minmax.scale_.astype(np.float32)), const("min", minmax.min_.astype(np.float32))],
)
net = MLPRegressor((8,), activation="logistic", max_iter=100, random_state=1).fit(X, Y)
nodes, constants, at = network(net, "X", None)
constants.append(const("shape", np.array([-1, 1], dtype=np.int64)))
add_regressor("MLPRegressor", [*nodes, node("Reshape", [at, "shape"], ["variable"])], net, constants)


# One input a column, as for a data frame: two numbers with gaps, one text, one integer code.
frame = np.empty((300, 4), dtype=object)
frame[:, 0] = np.where(rng.random(300) < 0.2, np.nan, X[:, 0]).tolist()
frame[:, 1] = np.where(rng.random(300) < 0.1, np.nan, X[:, 1] * np.float32(3)).astype(np.float32).tolist()
frame[:, 2] = rng.choice(["oslo", "bern", "rom"], 300).tolist()
frame[:, 3] = rng.choice([3, 5, 9], 300).tolist()
test = frame[:30].copy()
test[0, 2] = "paris"
test[1, 3] = 4
COLUMNS = [info("a", TensorProto.FLOAT, [None, 1]), info("b", TensorProto.FLOAT, [None, 1]), info("city", TensorProto.STRING, [None, 1]), info("code", TensorProto.INT64, [None, 1])]
given = {c: test[:, [i]] for i, c in enumerate(["a", "b", "city", "code"])}
for strategy, normal in [("mean", False), ("median", True)]:
    numeric = make_pipeline(SimpleImputer(strategy=strategy), StandardScaler(), *([Normalizer("l2")] if normal else []))
    columns = ColumnTransformer([("numbers", numeric, [0, 1]), ("text", OneHotEncoder(handle_unknown="ignore"), [2]), ("code", OneHotEncoder(handle_unknown="ignore"), [3])])
    pipe = make_pipeline(columns, LogisticRegression()).fit(frame, THREE)
    numbers, text, code = [columns.named_transformers_[n] for n in ["numbers", "text", "code"]]
    cities, codes = text.categories_[0].tolist(), code.categories_[0].tolist()
    nodes = [
        node("Concat", ["a", "b"], ["merged"], axis=1),
        node("Imputer", ["merged"], ["imputed"], domain=ML, imputed_value_floats=numbers[0].statistics_.tolist(), replaced_value_float=float("nan")),
        standard("imputed", "scaled", numbers[1]),
        *([node("Normalizer", ["scaled"], ["numbers"], domain=ML, norm="L2")] if normal else [node("Identity", ["scaled"], ["numbers"])]),
        node("OneHotEncoder", ["city"], ["cities"], domain=ML, cats_strings=cities, zeros=1),
        node("Reshape", ["cities", "city_shape"], ["city_columns"]),
        node("OneHotEncoder", ["code"], ["codes"], domain=ML, cats_int64s=codes, zeros=1),
        node("Reshape", ["codes", "code_shape"], ["code_columns"]),
        node("Concat", ["numbers", "city_columns", "code_columns"], ["all"], axis=1),
        *logistic("all", pipe[1]),
    ]
    shapes = [const("city_shape", np.array([-1, len(cities)], dtype=np.int64)), const("code_shape", np.array([-1, len(codes)], dtype=np.int64))]
    add_classifier(f"ColumnTransformer, {strategy}, LogisticRegression", nodes, pipe, shapes, given, test, COLUMNS)

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "pipelines.json"), "w") as out:
    out.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(len(cases), "pipelines,", os.path.getsize(os.path.join(here, "pipelines.json")), "bytes")
