"""Works out golden vectors: python golden.py INPUTS OUTPUTS

For every file of graphs in INPUTS (models/golden-vectors.ts writes them) PyTorch Geometric's logits, probabilities,
loss and gradient, all in float64, go to OUTPUTS as float32; of a gradient's values the upper 24 bits are kept.
"""

import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
import torch_geometric

from graphs import Exchange
from network import Geometric
from tensors import write_tensors


def loss_of(logits, labels, weights):
    """Weighted mean cross-entropy; labels run from 0 (benign) to 1 (attack)."""
    by_class = torch.stack([1 - labels, labels], 1)
    return -((F.log_softmax(logits, 1) * by_class).sum(1) * weights).sum() / weights.sum()


def planes(values):
    """The three upper bytes of float32 values, rounded, each as an array of its own."""
    bits = values.astype("<f4").view("<u4") + np.uint32(0x80)
    return {name: (bits >> shift).astype("u1") for name, shift in (("high", 24), ("middle", 16), ("low", 8))}


def golden(path, to):
    exchange = Exchange(path)
    arrays = exchange.batch(0, exchange.graphs)
    model = Geometric(exchange.sizes, exchange.layout, limited=True).load(exchange.parameters).double()
    logits = model(arrays.tensors().double())
    loss = loss_of(logits, torch.from_numpy(arrays.labels).double(), torch.from_numpy(arrays.weights).double())
    loss.backward()
    gradient = model.flat_gradient().numpy()
    logits = logits.detach()
    if not all(np.isfinite(values).all() for values in (logits.numpy(), gradient)):
        sys.exit(f"{path.name}: a value is not finite")
    outputs = {
        "logits": logits.numpy().astype("<f4"),
        "probabilities": logits.softmax(1)[:, 1].numpy().astype("<f4"),
        "loss": np.array([loss.item()], "<f8"),
    }
    outputs |= {f"gradient.{name}": plane for name, plane in planes(gradient).items()}
    versions = {"torch": torch.__version__.split("+")[0], "torch_geometric": torch_geometric.__version__}
    write_tensors(to / f"{path.name}.gz", outputs, versions)
    print(f"{path.stem}: {len(logits)} graphs, loss {loss.item():.6f}, gradient {np.linalg.norm(gradient):.6f}")


if __name__ == "__main__":
    inputs, outputs = (pathlib.Path(argument) for argument in sys.argv[1:3])
    for path in sorted(inputs.glob("*.safetensors")):
        golden(path, outputs)
