"""A contestant of the benchmarks: python contestant.py FORM CACHE

FORM is geometric, geometric-compiled, fused or fused-compiled, CACHE a folder for compiled code. Reads questions as
JSON lines and answers each with one line (platform/bench/protocol.ts). Everything runs on one thread.
"""

import json
import os
import sys
import time

FORM, CACHE = sys.argv[1:3]
os.environ["TORCHINDUCTOR_CACHE_DIR"] = CACHE  # read when PyTorch is imported

import logging

import numpy as np
import torch
import torch._dynamo
import torch.fx.experimental._config
from torch._dynamo.utils import counters

from golden import loss_of
from graphs import Exchange
from network import Fused, Geometric

COMPILED = FORM.endswith("-compiled")


def set_up():
    """One thread; code compiled for any sizes, without versions for the sizes 0 and 1 or equal ones."""
    torch.set_num_threads(1)
    torch.fx.experimental._config.backed_size_oblivious = True
    torch.fx.experimental._config.use_duck_shape = False
    torch._dynamo.config.recompile_limit = 64
    logging.getLogger("torch.fx.experimental.symbolic_shapes").setLevel(logging.ERROR)


def compiled_so_far():
    """How many pieces of code were compiled since the start."""
    return counters["stats"]["unique_graphs"]


def network_of(exchange, scoring):
    """A platform's network in this contestant's form."""
    kind = Fused if FORM.startswith("fused") else Geometric
    network = kind(exchange.sizes, exchange.layout).load(exchange.parameters)
    return network.fold() if scoring and kind is Fused else network


class Contestant:
    """Holds what was loaded, by name of the set of graphs."""

    def __init__(self):
        self.sets = {}
        self.batches = {}
        self.steps = None

    def load(self, question):
        self.sets[question["set"]] = [
            (exchange, torch.compile(network, dynamic=True) if COMPILED else network)
            for exchange in map(Exchange, question["files"])
            for network in [network_of(exchange, scoring=True)]
        ]
        return {}

    def batches_of(self, question):
        """(network, arrays) of each batch of a case; joined once, which is not part of the timed work."""
        key = question["set"], question["batch"], question.get("graphs")
        if key not in self.batches:
            self.batches[key] = [
                (network, exchange.batch(first, min(first + question["batch"], end)))
                for exchange, network in self.sets[question["set"]]
                for end in [min(exchange.graphs, question.get("graphs") or exchange.graphs)]
                for first in range(0, end, question["batch"])
            ]
        return self.batches[key]

    def probabilities(self, question):
        with torch.inference_mode():
            parts = [attack_of(network, arrays) for network, arrays in self.batches_of(question)]
        return {"probabilities": np.concatenate(parts).tolist()}

    def score(self, question):
        batches = self.batches_of(question)
        before = compiled_so_far()
        with torch.inference_mode():
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in range(question["passes"]):
                for network, arrays in batches:
                    attack_of(network, arrays)
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        if compiled_so_far() > before:
            return self.score(question)
        graphs = question["passes"] * sum(len(arrays.nodes) for _, arrays in batches)
        return {"cpuSeconds": cpu, "wallSeconds": wall, "graphs": graphs}

    def train(self, question):
        """Steps over the set's batches in turn, going on from the last question's steps."""
        if self.steps is None:
            self.steps = steps_of(self.sets[question["set"]][0][0], question)
        wall, cpu = time.perf_counter(), time.process_time()
        losses = [next(self.steps) for _ in range(question["steps"])]
        return {
            "cpuSeconds": time.process_time() - cpu,
            "wallSeconds": time.perf_counter() - wall,
            "losses": losses,
        }

    def multiply(self, question):
        """The fastest of a few products of square matrices, in operations per CPU-second."""
        size = question["size"]
        a, b = torch.rand(size, size), torch.rand(size, size)
        best = float("inf")
        with torch.inference_mode():
            for _ in range(question["passes"]):
                cpu = time.process_time()
                torch.mm(a, b)
                best = min(best, time.process_time() - cpu)
        return {"flopsPerCpuSecond": 2 * size**3 / best}


def attack_of(network, arrays):
    """The timed work: tensors from arrays, the network, probabilities as an array."""
    return network(arrays.tensors()).softmax(1)[:, 1].numpy()


def steps_of(exchange, question):
    """Training steps for ever: forward, backward, gradient clipping, AdamW; gives each step's loss."""
    network = network_of(exchange, scoring=False)
    optimiser = torch.optim.AdamW(
        network.groups(question["weightDecay"]), lr=question["learningRate"], fused=True
    )

    def loss(batch, labels, weights):
        return loss_of(network(batch), labels, weights)

    if COMPILED:
        loss = torch.compile(loss, dynamic=True)
    size = question["batch"]
    batches = [exchange.batch(first, first + size) for first in range(0, exchange.graphs, size)]
    parameters = list(network.parameters())
    while True:
        for arrays in batches:
            optimiser.zero_grad()
            value = loss(arrays.tensors(), torch.from_numpy(arrays.labels), torch.from_numpy(arrays.weights))
            value.backward()
            torch.nn.utils.clip_grad_norm_(parameters, question["clipNorm"])
            optimiser.step()
            yield value.item()


if __name__ == "__main__":
    set_up()
    contestant = Contestant()
    answers = {name: getattr(contestant, name) for name in ("load", "probabilities", "score", "train", "multiply")}
    print(json.dumps({"detail": f"torch {torch.__version__}"}), flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        print(json.dumps(answers[question["do"]](question)), flush=True)
