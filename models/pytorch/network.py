"""The network of models/gat.ts in PyTorch.

Three forms of one definition, all from the same flat parameter vector (models/parameters.ts):

- Geometric(limited=True): PyTorch Geometric's GATConv with every limit of the definition. The reference.
- Geometric(): the same without the limits that change nothing on ordinary parameters and features. For timing.
- Fused(): plain PyTorch with everything folded that can be folded. The fastest form known, for timing.

The limit of the gate stays in every form: trained networks reach it, and on one number per node it costs nothing.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch_geometric.nn import GATConv
from torch_geometric.utils import scatter, softmax


class Network(nn.Module):
    """What the forms share: the input projection, and the way from the flat vector and back."""

    def __init__(self, sizes, layout):
        super().__init__()
        self.sizes = sizes
        self.layout = layout
        self.places = {}  # by name in the layout: a parameter, and whether it lies transposed
        for entry in layout:
            if not self.lies_elsewhere(entry["name"]):
                parameter = nn.Parameter(torch.zeros(entry["shape"]))
                self.register_parameter(entry["name"].replace(".", "_"), parameter)
                self.places[entry["name"]] = parameter, False

    def lies_elsewhere(self, name):
        """Whether the form keeps this tensor in a module of its own."""
        return False

    def load(self, vector):
        """Takes over a flat vector."""
        with torch.no_grad():
            for entry in self.layout:
                parameter, transposed = self.places[entry["name"]]
                part = torch.as_tensor(vector[entry["offset"] : entry["offset"] + entry["size"]].copy())
                part = part.reshape(entry["shape"])
                parameter.copy_((part.T if transposed else part).reshape(parameter.shape))
        return self

    def flat_gradient(self):
        """The gradient by every parameter as one flat vector."""
        parts = []
        for entry in self.layout:
            parameter, transposed = self.places[entry["name"]]
            gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            parts.append((gradient.T if transposed else gradient).reshape(-1))
        return torch.cat(parts)

    def groups(self, weight_decay):
        """Parameters for an optimiser: those that decay and those that do not."""
        return [
            {
                "params": [self.places[entry["name"]][0] for entry in self.layout if entry["decays"] == decays],
                "weight_decay": weight_decay if decays else 0.0,
            }
            for decays in (True, False)
        ]

    def project(self, features):
        """Each node through the projection of its type, then ELU. Nodes lie type by type."""
        parts = [torch.addmm(self.input_bias[t], rows, self.input_weight[t]) for t, rows in enumerate(features)]
        return F.elu(torch.cat(parts))

    def forward(self, batch):
        """Two logits per graph."""
        return self.from_hidden(self.project(batch.features), batch)

    def gates(self, hidden):
        """The weight of each node in the gate pool, before its exponential."""
        limit = self.sizes["scoreLimit"]
        return (hidden @ self.gate).clamp(-limit, limit)

    def layer(self, place, name):
        """A layer's parameter by its short name."""
        return getattr(self, f"layer{place}_{name}")


class KindGATConv(GATConv):
    """GATConv with a learned bias per edge kind in place of projected edge features, and a limit on scores."""

    def __init__(self, sizes, limit):
        options = {"heads": sizes["heads"], "negative_slope": sizes["slope"], "add_self_loops": False}
        super().__init__(sizes["hidden"], sizes["headWidth"], **options)
        self.kind = nn.Parameter(torch.zeros(sizes["kinds"], sizes["heads"]))
        self.limit = limit

    def edge_update(self, alpha_j, alpha_i, edge_attr, index, ptr, dim_size):
        scores = (alpha_j, alpha_i, edge_attr)
        if self.limit is not None:
            scores = [score.clamp(-self.limit, self.limit) for score in scores]
        alpha = F.leaky_relu(scores[0] + scores[1] + scores[2], self.negative_slope)
        return softmax(alpha, index, ptr, dim_size)


class Geometric(Network):
    """PyTorch Geometric's way: GATConv, softmax with a maximum per node, pooling by scatter."""

    def __init__(self, sizes, layout, limited=False):
        super().__init__(sizes, layout)
        self.limited = limited
        limit = sizes["scoreLimit"] if limited else None
        self.layers = nn.ModuleList(KindGATConv(sizes, limit) for _ in range(sizes["layers"]))
        for place, layer in enumerate(self.layers):
            self.places[f"layer{place}.weight"] = layer.lin.weight, True
            self.places[f"layer{place}.source"] = layer.att_src, False
            self.places[f"layer{place}.target"] = layer.att_dst, False
            self.places[f"layer{place}.kind"] = layer.kind, False
            self.places[f"layer{place}.bias"] = layer.bias, False

    def lies_elsewhere(self, name):
        return name.startswith("layer")

    def project(self, features):
        if self.limited:
            limit, far = self.sizes["featureLimit"], float("inf")
            features = [rows.nan_to_num(0, far, -far).clamp(-limit, limit) for rows in features]
        return super().project(features)

    def from_hidden(self, hidden, batch):
        edges = torch.stack([batch.source, batch.target])
        for layer in self.layers:
            hidden = F.elu(layer(hidden, edges, F.embedding(batch.kind, layer.kind)) + hidden)
        graphs = batch.nodes.shape[0]
        shares = softmax(self.gates(hidden), batch.graph, num_nodes=graphs)
        mean = scatter(hidden, batch.graph, 0, graphs, "mean")
        gated = scatter(hidden * shares[:, None], batch.graph, 0, graphs, "sum")
        return torch.cat([mean, gated], 1) @ self.output_weight + self.output_bias


class Fused(Network):
    """Plain PyTorch: attention vectors folded into the projection, no maximum, one division per node.

    Tried as well, on one core with AVX-512: embedding_bag and sparse matrices in place of gather and index_add (faster
    when eager, slower when compiled), frozen weights, one index_add for values and weights together (both no faster).
    """

    projections = None

    def fold(self):
        """Folds once and for all, for scoring; training has to fold anew in every step."""
        with torch.no_grad():
            self.projections = [self.folded(place) for place in range(self.sizes["layers"])]
        return self

    def folded(self, place):
        """[W | W a_source | W a_target]: values and attention scores in one product."""
        weight, heads = self.layer(place, "weight"), self.sizes["heads"]
        by_head = weight.view(-1, heads, self.sizes["headWidth"])
        source = (by_head * self.layer(place, "source")).sum(2)
        target = (by_head * self.layer(place, "target")).sum(2)
        return torch.cat([weight, source, target], 1)

    def attend(self, hidden, batch, place):
        """One layer of attention."""
        heads, width, size = self.sizes["heads"], self.sizes["headWidth"], self.sizes["hidden"]
        count = hidden.shape[0]
        projection = self.folded(place) if self.projections is None else self.projections[place]
        z, source, target = (hidden @ projection).split([size, heads, heads], 1)
        score = source[batch.source] + target[batch.target] + self.layer(place, "kind")[batch.kind]
        weight = F.leaky_relu(score, self.sizes["slope"]).exp()
        total = hidden.new_zeros(count, heads).index_add(0, batch.target, weight) + 1e-16
        sent = z.reshape(count, heads, width)[batch.source] * weight[:, :, None]
        received = hidden.new_zeros(count, heads, width).index_add(0, batch.target, sent)
        received = (received / total[:, :, None]).reshape(count, size)
        return F.elu(received + self.layer(place, "bias") + hidden)

    def from_hidden(self, hidden, batch):
        for place in range(self.sizes["layers"]):
            hidden = self.attend(hidden, batch, place)
        graphs, size = batch.nodes.shape[0], self.sizes["hidden"]
        gate = self.gates(hidden).exp()[:, None]
        pooled = hidden.new_zeros(graphs, 2 * size + 1)
        pooled = pooled.index_add(0, batch.graph, torch.cat([hidden, hidden * gate, gate], 1))
        mean, gated, total = pooled.split([size, size, 1], 1)
        vector = torch.cat([mean / batch.nodes[:, None], gated / (total + 1e-16)], 1)
        return vector @ self.output_weight + self.output_bias
