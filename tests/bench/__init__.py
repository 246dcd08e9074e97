"""Measurements side by side with peers, in one run; each module `bench_*` yields rows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measurement and what it may be at most."""

    name: str
    ours: float
    limit: float
    """The most that `judged` may be."""
    unit: str
    """Of `ours` and `peer`: "ms", "s", "MB", "round trips"."""
    peer: float | None = None
    """The same work done by the peer; None where the limit is absolute."""

    @property
    def ratio(self) -> float | None:
        """How often the peer fits into ours; None without a peer."""
        return None if self.peer is None else self.ours / self.peer

    @property
    def judged(self) -> float:
        """The figure that the limit is for: the ratio where there is a peer, else ours."""
        return self.ours if self.ratio is None else self.ratio

    @property
    def kept(self) -> bool:
        """Whether the limit is kept."""
        return self.judged <= self.limit
