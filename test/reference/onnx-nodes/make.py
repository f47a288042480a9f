#!/usr/bin/python3
"""Makes cases.json and cases.bin of the ONNX project's own node tests (onnx.backend.test.case.node), for the operators
that are compiled. Needs Debian's python3-onnx.

The node tests give every operand as an input, and their tensors have one or three axes as often as two. A compiled model
takes rows and gives one or two axes, so three things are changed, none of them a number or the operator:
- Operands after the first become initializers, as in a model that was trained, unless all operands have one shape.
- The only axis of inputs is of free size, "N": so many rows.
- A result of more than two axes goes through Flatten.
"""
import json
import os
import warnings

import numpy as np

np.float = float
np.bool = bool
np.object = object
np.int = int
warnings.filterwarnings("ignore")

import onnx  # noqa: E402
from onnx import numpy_helper  # noqa: E402
from onnx.backend.test.case.node import collect_testcases  # noqa: E402

OPERATORS = """
Abs Add And ArgMax ArgMin BatchNormalization Cast CastLike Ceil Celu Clip Concat Constant ConstantOfShape Div Dropout Elu
Equal Erf Exp Flatten Floor Gather Gemm Greater GreaterOrEqual HardSigmoid HardSwish Identity IsInf IsNaN LeakyRelu Less
LessOrEqual Log LogSoftmax MatMul Max Mean Min Mod Mul Neg Not Or PRelu Pow Reciprocal ReduceL1 ReduceL2 ReduceMax
ReduceMean ReduceMin ReduceSum ReduceSumSquare Relu Reshape Round Selu Shape Sigmoid Sign Slice Softmax Softplus Softsign
Split Sqrt Squeeze Sub Sum Tanh ThresholdedRelu Transpose Unsqueeze Where Xor
ArrayFeatureExtractor Binarizer LabelEncoder
""".split()

# Larger tensors say nothing that smaller ones do not.
MAX_BYTES = 8192
TYPES = {"float32": "float32", "float64": "float64", "int64": "int64", "int32": "int32", "bool": "bool", "object": "string"}

blob = bytearray()


def put(data):
    start = len(blob)
    blob.extend(data)
    while len(blob) % 8:
        blob.append(0)
    return [start, len(data)]


def tensor(name, array):
    kind = TYPES[str(array.dtype) if array.dtype.kind not in "OU" else "object"]
    out = {"name": name, "type": kind, "dims": list(array.shape)}
    if kind == "string":
        out["texts"] = [v.decode() if isinstance(v, bytes) else str(v) for v in array.ravel().tolist()]
    else:
        out["at"] = put(np.ascontiguousarray(array).tobytes())
    return out


def set_shape(info, dims):
    shape = info.type.tensor_type.shape
    del shape.dim[:]
    for size in dims:
        if isinstance(size, str):
            shape.dim.add().dim_param = size
        else:
            shape.dim.add().dim_value = size


def adapted(model, inputs, outputs):
    model = onnx.ModelProto.FromString(model.SerializeToString())
    graph = model.graph
    names = [i.name for i in graph.input]
    shapes = {a.shape for a in inputs}
    if len(shapes) > 1 or any(a.ndim == 0 for a in inputs):
        for name, array in list(zip(names, inputs))[1:]:
            graph.initializer.append(numpy_helper.from_array(array, name))
        del graph.input[1:]
        inputs = inputs[:1]
    for info, array in zip(graph.input, inputs):
        if array.ndim == 1:
            set_shape(info, ["N"])
    for at, array in enumerate(outputs):
        if array.ndim <= 2:
            continue
        flat = graph.output[at].name + "_flat"
        graph.node.append(onnx.helper.make_node("Flatten", [graph.output[at].name], [flat], axis=1))
        outputs[at] = array.reshape([array.shape[0], -1])
        set_shape(graph.output[at], outputs[at].shape)
        graph.output[at].name = flat
    return model, inputs, outputs


def main():
    # The list of cases is collected anew by every call, so one call collects all.
    cases, index, left = collect_testcases("") or collect_testcases(None), [], {}
    # Of two cases of one name the project's own runner keeps the last.
    for case in {case.name: case for case in cases}.values():
        nodes = case.model.graph.node
        if len(nodes) != 1 or nodes[0].op_type not in OPERATORS:
            continue
        inputs, outputs = case.data_sets[0]
        try:
            arrays = [np.asarray(a) for a in list(inputs) + list(outputs)]
        except Exception as error:
            left[case.name] = str(error)
            continue
        kinds = {str(a.dtype) if a.dtype.kind not in "OU" else "object" for a in arrays}
        if not kinds <= set(TYPES) or sum(a.nbytes for a in arrays) > MAX_BYTES or len(inputs) == 0:
            left[case.name] = "types " + ", ".join(sorted(kinds))
            continue
        model, ins, outs = adapted(case.model, arrays[: len(inputs)], arrays[len(inputs):])
        index.append({
            "name": case.name,
            "model": put(model.SerializeToString()),
            "inputs": [tensor(i.name, a) for i, a in zip(model.graph.input, ins)],
            "outputs": [tensor(o.name, a) for o, a in zip(model.graph.output, outs)],
        })
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "cases.bin"), "wb") as out:
        out.write(blob)
    with open(os.path.join(here, "cases.json"), "w") as out:
        out.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":"), ensure_ascii=False) for c in index) + "\n]\n")
    print(f"{len(index)} cases, {len(left)} left out for their types or size, {len(blob)} bytes")


main()
