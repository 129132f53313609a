"""What the media node says of itself, as Prometheus is told it."""

import httpx2

# They are looked up every ten seconds.
FIGURES_AGE_S = 11
_OF_THE_NODE = "voxhall_media_"


def node_figures(metrics: httpx2.Client) -> dict[str, float]:
    """By their names without what all of them begin with. What is told of each node is the last one's."""
    lines = metrics.get("/metrics").text.splitlines()
    pairs = (line.rpartition(" ") for line in lines if line.startswith(_OF_THE_NODE))
    return {name.removeprefix(_OF_THE_NODE).partition("{")[0]: float(value) for name, _, value in pairs}


def ns_per_packet(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """What a listener's packet took in between: of the node's own, caches and all, and of the kernel, which with few
    speakers sends little else.
    """
    names = ("packets_mixed_total", "making_ns_total", "sending_ns_total")
    packets, own, kernel = (after[name] - before[name] for name in names)
    return {"own": round(own / packets, 1), "kernel": round(kernel / packets, 1)}
