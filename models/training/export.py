"""Writes trained networks as one ONNX file. By hand: the graph is small, and every name and axis in it is then chosen."""

from typing import Sequence

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from network import LEVELS, VALUES, TextNet

OPSET = 17
INPUTS = ("bytes", "kind", "context")
TOLERANCE = 1e-4
"""How far a probability of the file may be from the networks'."""


def folded(conv, norm) -> tuple[np.ndarray, np.ndarray]:
    """Weights of a convolution with the normalisation after it folded in."""
    scale = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach()
    weight = conv.weight.detach() * scale[:, None, None]
    bias = (norm.bias - norm.running_mean * scale).detach()
    return weight.numpy(), bias.numpy()


def write(nets: list[TextNet], offsets: np.ndarray, path: str, version: str, ask_from: float = -np.inf) -> None:
    """Exports the mean of the logits of `nets`, that of each class lowered by its offset, as probabilities of the classes: networks of different training err differently. Of a window of which the first says a logit of an attack below `ask_from`, it alone says."""
    first, weights = part(nets[0].eval(), "_of_1", INPUTS)
    classes = nets[0].head.out_features
    weights |= {"offsets": np.asarray(offsets, np.float32), "from": np.array([0], np.int64), "to": np.array([1], np.int64), "along": np.array([1], np.int64)}
    weights["sure"] = sure = np.array(1 / (1 + np.exp(ask_from)), np.float32)
    nodes = [
        *first,
        helper.make_node("Softmax", ["logits_of_1"], ["probabilities_of_1"], axis=1),
        helper.make_node("Slice", ["probabilities_of_1", "from", "to", "along"], ["norm_of_1"]),
        helper.make_node("LessOrEqual", ["norm_of_1", "sure"], ["unsure"]),
        helper.make_node("Cast", ["unsure"], ["unsure_as_numbers"], to=TensorProto.INT32),
        helper.make_node("ReduceMax", ["unsure_as_numbers"], ["any_as_number"], keepdims=0),
        helper.make_node("Cast", ["any_as_number"], ["any"], to=TensorProto.BOOL),
        helper.make_node("If", ["any"], ["joined"], then_branch=together(nets, classes), else_branch=alone(classes)),
        helper.make_node("Sub", ["joined", "offsets"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "text",
        [helper.make_tensor_value_info("bytes", TensorProto.UINT8, ["batch", "length"]), helper.make_tensor_value_info("kind", TensorProto.UINT8, ["batch"]), helper.make_tensor_value_info("context", TensorProto.UINT8, ["batch", LEVELS])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", classes])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    save(graph, path, version)
    check(nets, offsets, path, float(sure))


def together(nets: list[TextNet], classes: int) -> onnx.GraphProto:
    """The logits of the first network, and where it is unsure, the mean of those of all; the others are asked of those windows alone."""
    unsure = [f"unsure_{name}" for name in INPUTS]
    parts = [part(net.eval(), f"_of_{number}", unsure) for number, net in enumerate(nets[1:], 2)]
    nodes = [
        helper.make_node("Squeeze", ["unsure", "along"], ["unsure_in_a_row"]),
        helper.make_node("NonZero", ["unsure_in_a_row"], ["places_in_a_row"]),
        helper.make_node("Transpose", ["places_in_a_row"], ["places"], perm=[1, 0]),
        helper.make_node("Squeeze", ["places", "along"], ["rows"]),
        *(helper.make_node("Gather", [name, "rows"], [own], axis=0) for name, own in zip(INPUTS, unsure)),
        helper.make_node("Gather", ["logits_of_1", "rows"], ["unsure_logits_of_1"], axis=0),
        *(node for nodes, _ in parts for node in nodes),
        helper.make_node("Mean", ["unsure_logits_of_1", *(f"logits_of_{number}" for number in range(2, len(nets) + 1))], ["mean_logits"]),
        helper.make_node("ScatterND", ["logits_of_1", "places", "mean_logits"], ["joined_logits"]),
    ]
    said = helper.make_tensor_value_info("joined_logits", TensorProto.FLOAT, ["batch", classes])
    return helper.make_graph(nodes, "together", [], [said], [numpy_helper.from_array(value, name) for _, own in parts for name, value in own.items()])


def alone(classes: int) -> onnx.GraphProto:
    """The logits of the first network."""
    said = helper.make_tensor_value_info("first_logits", TensorProto.FLOAT, ["batch", classes])
    return helper.make_graph([helper.make_node("Identity", ["logits_of_1"], ["first_logits"])], "alone", [], [said])


def part(net: TextNet, suffix: str, inputs: Sequence[str]) -> tuple[list[onnx.NodeProto], dict[str, np.ndarray]]:
    """Nodes of a network up to its logits, and its weights, all names with this suffix; `inputs`: the names of its bytes, kinds and contexts."""
    (data, kinds, contexts), weights, nodes = inputs, {}, []

    def constant(name: str, value) -> str:
        weights[name + suffix] = np.asarray(value)
        return name + suffix

    def node(kind: str, inputs: list[str], output: str, **attributes) -> str:
        nodes.append(helper.make_node(kind, inputs, [output + suffix], **attributes))
        return output + suffix

    def block(x: str, number: int, conv, norm, pads: int, pool: bool, dilation: int = 1) -> str:
        weight, bias = folded(conv, norm)
        x = node("Conv", [x, constant(f"w{number}", weight), constant(f"b{number}", bias)], f"conv{number}", pads=[pads, pads], dilations=[dilation])
        x = node("Relu", [x], f"relu{number}")
        return node("MaxPool", [x], f"pool{number}", kernel_shape=[2], strides=[2]) if pool else x

    ids = node("Cast", [data], "byte_ids", to=TensorProto.INT64)
    kind = node("Cast", [kinds], "kind_ids", to=TensorProto.INT64)
    x = node("Gather", [constant("byte_table", net.bytes.weight.detach().numpy()), ids], "byte_vectors")
    k = node("Gather", [constant("kind_table", net.kinds.weight.detach().numpy()), kind], "kind_vectors")
    k = node("Unsqueeze", [k, constant("axis_1", np.array([1], np.int64))], "kind_row")
    x = node("Transpose", [node("Add", [x, k], "vectors")], "columns", perm=[0, 2, 1])
    x = block(x, 1, net.conv1, net.norm1, 2, True)
    x = block(x, 2, net.conv2, net.norm2, 2, True)
    x = block(x, 3, net.conv3, net.norm3, 2, False, 2)
    x = node("Add", [x, block(x, 4, net.conv4, net.norm4, 4, False, 4)], "wider")
    x = node("Add", [x, block(x, 5, net.conv5, net.norm5, 8, False, 8)], "widest")
    high, mean = node("ReduceMax", [x], "high", axes=[2], keepdims=0), node("ReduceMean", [x], "mean", axes=[2], keepdims=0)
    x = node("Concat", [high, mean], "pooled", axis=1)
    x = node("Gemm", [x, constant("w6", net.dense.weight.detach().numpy()), constant("b6", net.dense.bias.detach().numpy())], "dense", transB=1)
    levels = node("Add", [node("Cast", [contexts], "context_ids", to=TensorProto.INT64), constant("starts", net.starts.numpy())], "level_ids")
    levels = node("Gather", [constant("level_table", net.levels.weight.detach().numpy()), levels], "level_vectors")
    x = node("Add", [x, node("ReduceSum", [levels, constant("axis_levels", np.array([1], np.int64))], "level_sum", keepdims=0)], "dense_in_context")
    x = node("Relu", [x], "relu6")
    node("Gemm", [x, constant("w7", net.head.weight.detach().numpy()), constant("b7", net.head.bias.detach().numpy())], "logits", transB=1)
    return nodes, weights


def save(graph: onnx.GraphProto, path: str, version: str) -> None:
    """Writes a graph as a model of this version."""
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="portcullis", model_version=1)
    model.ir_version = 9
    helper.set_model_props(model, {"version": version})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def check(nets: list[TextNet], offsets: np.ndarray, path: str, sure: float) -> None:
    """That the file says what the networks say, the first by itself where it is surer than `sure` that a window is ordinary."""
    rng = np.random.default_rng(0)
    inputs = {"bytes": rng.integers(0, 256, (64, 128), np.uint8), "kind": rng.integers(0, len(nets[0].kinds.weight), 64, np.uint8), "context": rng.integers(0, VALUES, (64, LEVELS), np.uint8)}
    # Half of the windows end early, as ordinary ones do.
    inputs["bytes"][::2, 8:] = 0
    with torch.no_grad():
        said = torch.stack([net(*(torch.from_numpy(value.astype(np.int64)) for value in inputs.values())) for net in nets])
        unsure = torch.softmax(said[0], 1)[:, :1] <= sure
        logits = torch.where(unsure, said.mean(0), said[0]) - torch.from_numpy(np.asarray(offsets, np.float32))
    found = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, inputs)[0]
    furthest = np.abs(found - torch.softmax(logits, 1).numpy()).max()
    if furthest > TOLERANCE:
        raise ValueError(f"{path}: a probability is {furthest:.2g} off what the networks say")
