"""The network that is asked first: the others are asked too only where it does not surely say that a window is ordinary.

Most ordinary windows that pass screen and gate are none to any network, so that six cost about as much as one there.
"""

from typing import Sequence

import numpy as np
import torch

import dataset
import gate
import prepare
import scoring
import thresholds
from network import TextNet
from prepare import Part

LOST = 0.001
"""Share of the attacks known to all networks together that the first may lose by itself."""


def ordered(nets: list[TextNet], attacks: list[list[Part]], ordinary: Sequence[Part]) -> tuple[list[TextNet], float]:
    """The networks, that one first which sends the fewest of these ordinary windows on to the others, and from which logit of an attack on it does; of each attack the windows of which networks are asked, and that all together take for one."""
    flat = prepare.distinct(attacks)
    known, harmless = logits(nets, flat), logits(nets, ordinary)
    at = {part: i for i, part in enumerate(flat)}
    best = np.stack([known[:, [at[part] for part in parts]].max(1) for parts in attacks], axis=1)
    bounds = [thresholds.lowest(said.tolist(), LOST) for said in best]
    shares = [float(np.mean(said >= bound)) for said, bound in zip(harmless, bounds)]
    print(f"first network: from it {', '.join(f'{share:.1%} (of {bound:.2f} and more)' for share, bound in zip(shares, bounds))} of {len(ordinary)} ordinary windows go on", flush=True)
    first = int(np.argmin(shares))
    return [nets[first], *nets[:first], *nets[first + 1 :]], round(bounds[first], 5)


def logits(nets: list[TextNet], parts: Sequence[Part]) -> np.ndarray:
    """The logit of an attack that each network by itself says of each window."""
    said = np.zeros((len(nets), len(parts)))
    kinds, contexts = scoring.columns(parts)
    with torch.no_grad():
        for some, size in dataset.alike([part.window for part in parts], scoring.BATCH):
            inputs = gate.tensors([parts[i].window for i in some], size, kinds[some], contexts[some])
            for net, own in zip(nets, said):
                own[some] = scoring.network_logits(torch.softmax(net.eval()(*inputs), 1).numpy())
    return said
