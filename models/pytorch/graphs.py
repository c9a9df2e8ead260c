"""Graphs as models/exchange.ts writes them, joined into batches for PyTorch."""

import json
from dataclasses import dataclass

import numpy as np
import torch

from tensors import read_tensors


class Exchange:
    """A file of graphs with the network's sizes, parameters, labels and weights."""

    def __init__(self, path):
        self.arrays, texts = read_tensors(path)
        self.sizes = json.loads(texts["sizes"])
        self.layout = json.loads(texts["layout"])
        self.parameters = self.arrays["parameters"]
        self.graphs = len(self.arrays["edges"])

    def batch(self, first, end):
        """Arrays of the graphs [first, end) in the order that suits PyTorch best; see Arrays."""
        a = self.arrays
        per_type = a["nodesPerType"][first:end]
        starts = np.concatenate([[0], a["nodesPerType"].sum(1).cumsum()])
        nodes = per_type.sum(1)
        type_of = np.repeat(np.tile(np.arange(per_type.shape[1]), end - first), per_type.reshape(-1))
        order = np.argsort(type_of, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        messages = slice(a["messageStart"][first], a["messageStart"][end])
        own = np.repeat(starts[first:end] - starts[first], np.diff(a["messageStart"][first : end + 1]))
        target = place[a["messageTarget"][messages] + own]
        sorting = np.argsort(target, kind="stable")
        return Arrays(
            features=a["features"][starts[first] : starts[end]][order],
            per_type=per_type.sum(0).tolist(),
            source=place[a["messageSource"][messages] + own][sorting],
            target=target[sorting],
            kind=a["messageKind"][messages].astype(np.int64)[sorting],
            graph=np.repeat(np.arange(end - first), nodes)[order],
            nodes=np.maximum(nodes, 1).astype(np.float32),
            labels=a["labels"][first:end].copy(),
            weights=a["weights"][first:end].copy(),
        )


def tensor_of(places):
    """A tensor that looks into an array. NumPy gives empty arrays another stride, and code is compiled for strides."""
    return torch.from_numpy(places) if len(places) > 0 else torch.empty(0, dtype=torch.int64)


@dataclass
class Arrays:
    """A batch in NumPy: nodes by type, so that each type is one product; messages by the node that receives them."""

    features: np.ndarray  # [nodes, features]
    per_type: list  # nodes of each type
    source: np.ndarray  # [messages] int64, as are all places: PyTorch would convert others
    target: np.ndarray  # [messages]
    kind: np.ndarray  # [messages]
    graph: np.ndarray  # [nodes]
    nodes: np.ndarray  # [graphs] at least 1
    labels: np.ndarray  # [graphs]
    weights: np.ndarray  # [graphs]

    def tensors(self):
        """The same in PyTorch, without a copy."""
        return Batch(
            torch.from_numpy(self.features).split(self.per_type),
            tensor_of(self.source),
            tensor_of(self.target),
            tensor_of(self.kind),
            tensor_of(self.graph),
            torch.from_numpy(self.nodes),
        )


@dataclass
class Batch:
    """A batch in PyTorch."""

    features: tuple  # of each node type; cut outside of compiled code, which would be compiled anew for 0 or 1 nodes
    source: torch.Tensor
    target: torch.Tensor
    kind: torch.Tensor
    graph: torch.Tensor
    nodes: torch.Tensor

    def double(self):
        """The same with real numbers in float64."""
        features = tuple(rows.double() for rows in self.features)
        return Batch(features, self.source, self.target, self.kind, self.graph, self.nodes.double())
