"""The model of visits: what it computes of the filter's numbers, the regression on that, and both as an ONNX graph.

Every derived number is evidence: it is 0 where nothing was seen, and its weight cannot be negative. So a feature that
was never counted speaks for nobody's guilt, and more refusals never make a visit look more ordinary.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from scipy.optimize import minimize

from data_sessions import FEATURES

QUICK_MS, FLOOD_MS, PAGES, AT_ONCE, AT_ONCE_BARE = 300, 30, 10, 60, 30
"""Requests this far apart on average count as half quick, and as half a flood; so many pages at once are none yet, as a
page full of calls sends them, or a program without a browser's headers that does its job in one go; so many more make a
flood's number log 2."""
DERIVED = ("refused x share", "logins", "quick refused x share", "quick logins", "quick posts", "flood", "errors in a row", "refused paths x share", "bare flood")
"""What is derived, in order. `bare`: without a browser's headers."""


def derived(raw: np.ndarray) -> np.ndarray:
    """The derived numbers of rows of `FEATURES`; `graph` computes the same."""
    logins, posts, requests, refused, duration, paths, errors, missing, assets = np.asarray(raw, np.float64).T
    at_least_one = np.maximum(requests, 1)
    share = np.minimum(refused / at_least_one, 1)
    gap = duration / np.maximum(requests - 1, 1)
    several, pages = 1 - 1 / at_least_one, requests * (1 - np.minimum(assets, 1))
    quick, flooding = 1 / (1 + gap / QUICK_MS), several / (1 + (gap / FLOOD_MS) ** 3)
    # Two requests are little of a pace, but two passwords in an instant are no person's.
    pace, guessing = quick * several**1.5, quick * np.minimum(2 * several, 1)
    scanned, guessed = np.log1p(refused) * share, np.log1p(logins)
    flood, bare_flood = (np.log1p(np.maximum(pages - most, 0) / PAGES) * flooding for most in (AT_ONCE, AT_ONCE_BARE))
    # So many of so few requests were refused that some came one after the other.
    in_a_row = np.maximum(errors, refused / np.maximum(requests - refused + 1, 1))
    return np.stack([scanned, guessed, scanned * pace, guessed * guessing, np.log1p(posts) * pace, flood, np.log1p(in_a_row), np.log1p(paths * share) * share, bare_flood * missing / 4], axis=1)


def fit(raw: np.ndarray, y: np.ndarray, weight: np.ndarray, ridge: float) -> np.ndarray:
    """Weights, none below zero, then the bias: logistic regression with a ridge."""
    x = np.hstack([derived(raw), np.ones((len(raw), 1))])

    def loss(w):
        z = x @ w
        p = 1 / (1 + np.exp(-z))
        value = (weight * (np.logaddexp(0, z) - y * z)).sum() + ridge * (w[:-1] ** 2).sum()
        return value, x.T @ (weight * (p - y)) + np.append(2 * ridge * w[:-1], 0)

    return minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(DERIVED) + [(None, None)]).x


def probability(w: np.ndarray, raw) -> np.ndarray:
    """Probability of abnormal."""
    return 1 / (1 + np.exp(-(derived(np.array(raw)) @ w[:-1] + w[-1])))


class Graph:
    """Nodes and constants, named by what they are."""

    def __init__(self, inputs: int):
        self.inputs, self.nodes, self.constants = inputs, [], {}

    def constant(self, value, kind=np.float32) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants[name] = np.asarray(value, kind)
        return name

    def node(self, kind: str, *inputs, outputs: int = 1, **attributes) -> str:
        """The name of its first output."""
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, [i if isinstance(i, str) else self.constant([i]) for i in inputs], [name, *(f"{name}_{at}" for at in range(1, outputs))], **attributes))
        return name

    def log1p(self, x: str) -> str:
        return self.node("Log", self.node("Add", x, 1))

    def save(self, path: Path, output: str, name: str) -> None:
        """Writes the graph with one input, `features`, and one output of one number a row, `name`."""
        self.nodes.append(helper.make_node("Identity", [output], [name]))
        graph = helper.make_graph(self.nodes, "behaviour", [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", self.inputs])],
                                  [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 1])], [numpy_helper.from_array(v, n) for n, v in self.constants.items()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="portcullis")
        model.ir_version = 9
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, path)


def write(w: np.ndarray, path: Path) -> None:
    """The graph: derived numbers, the regression, a sigmoid."""
    g = Graph(len(FEATURES))
    columns = [g.node("Gather", "features", g.constant([at], np.int64), axis=1) for at in range(len(FEATURES))]
    logins, posts, requests, refused, duration, paths, errors, missing, assets = columns
    at_least_one = g.node("Max", requests, 1)
    share = g.node("Min", g.node("Div", refused, at_least_one), 1)
    gap = g.node("Div", duration, g.node("Max", g.node("Sub", requests, 1), 1))
    several = g.node("Sub", 1, g.node("Div", 1, at_least_one))
    quick = g.node("Div", 1, g.node("Add", g.node("Div", gap, QUICK_MS), 1))
    pace, guessing = g.node("Mul", quick, g.node("Pow", several, 1.5)), g.node("Mul", quick, g.node("Min", g.node("Mul", several, 2), 1))
    # Capped, so that the cube of a gap of years stays finite.
    slow = g.node("Pow", g.node("Min", g.node("Div", gap, FLOOD_MS), 1e6), 3)
    flooding, bare = g.node("Div", several, g.node("Add", slow, 1)), g.node("Div", missing, 4)
    scanned, guessed = g.node("Mul", g.log1p(refused), share), g.log1p(logins)
    pages = g.node("Mul", requests, g.node("Sub", 1, g.node("Min", assets, 1)))
    past = (g.node("Max", g.node("Sub", pages, most), 0) for most in (AT_ONCE, AT_ONCE_BARE))
    flood, bare_flood = (g.node("Mul", g.log1p(g.node("Div", x, PAGES)), flooding) for x in past)
    quickly = [g.node("Mul", x, y) for x, y in ((scanned, pace), (guessed, guessing), (g.log1p(posts), pace))]
    answered = g.node("Max", g.node("Add", g.node("Sub", requests, refused), 1), 1)
    in_a_row = g.node("Max", errors, g.node("Div", refused, answered))
    refused_paths = g.node("Mul", g.log1p(g.node("Mul", paths, share)), share)
    found = [scanned, guessed, *quickly, flood, g.log1p(in_a_row), refused_paths, g.node("Mul", bare_flood, bare)]
    weighted = g.node("MatMul", g.node("Concat", *found, axis=1), g.constant(w[:-1, None]))
    g.save(path, g.node("Sigmoid", g.node("Add", weighted, float(w[-1]))), "abnormal")
