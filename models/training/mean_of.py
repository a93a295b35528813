"""Joins exported networks into one file: the mean of their logits, as networks of different training err differently.

    python mean_of.py ONE.onnx OTHER.onnx --out text.onnx --version 2026-11-22.3
"""

import argparse
from pathlib import Path

import onnx
from onnx import helper

import export

SHARED = frozenset(("bytes", "kind", "context"))
"""The inputs, which all have in common."""


def part(number: int, graph: onnx.GraphProto) -> tuple[list, list]:
    """Nodes and weights of a network up to its logits, under names of their own."""
    renamed = lambda name: name if name in SHARED else f"{name}_of_{number}"  # noqa: E731
    nodes = [node for node in graph.node if node.op_type != "Softmax"]
    for node in nodes:
        node.input[:], node.output[:] = map(renamed, node.input), map(renamed, node.output)
    for weight in graph.initializer:
        weight.name = renamed(weight.name)
    return nodes, list(graph.initializer)


def main() -> None:
    """Reads, joins, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", type=Path, nargs="+", help="files that export.py wrote")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--version", required=True)
    args = parser.parse_args()
    graphs = [onnx.load(path).graph for path in args.networks]
    parts = [part(number, graph) for number, graph in enumerate(graphs, 1)]
    mean = [helper.make_node("Mean", [f"logits_of_{number}" for number in range(1, len(parts) + 1)], ["logits"]), helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1)]
    nodes, weights = [node for nodes, _ in parts for node in nodes] + mean, [weight for _, found in parts for weight in found]
    export.save(helper.make_graph(nodes, "text", list(graphs[0].input), list(graphs[0].output), weights), str(args.out), args.version)


if __name__ == "__main__":
    main()
