import pytest

from traymail.core.ledger import Arrival, Begun, arrival, recognised
from traymail.core.observations import Place

DISK, SHARE = Place("/scans", "ext4 1 /scans"), Place("/scans", "nfs4 server:/x /")


@pytest.mark.parametrize(
    ("begun", "place", "expected"),
    [
        (None, DISK, Arrival.FIRST),
        (Begun("/scans", (DISK.medium,)), DISK, Arrival.KNOWN),
        (Begun("/scans", (DISK.medium, SHARE.medium)), SHARE, Arrival.KNOWN),
        (Begun("/scans", (DISK.medium,)), SHARE, Arrival.STRANGE),
        # Kept by a version that knew no places, or by a system that tells nothing of them.
        (Begun("", ("",)), DISK, Arrival.UNNAMED),
        (Begun("", ("",)), Place("/scans"), Arrival.KNOWN),
    ],
)
def test_arrival(begun: Begun | None, place: Place, expected: Arrival) -> None:
    assert arrival(begun, place) is expected


@pytest.mark.parametrize(
    ("met", "files", "expected"),
    [
        ({}, 0, None),
        ({}, 3, None),
        ({"a": 1}, 3, None),
        ({"a": 2}, 3, "a"),
        ({"a": 1}, 2, None),
        ({"a": 1, "b": 2}, 4, None),
        ({"a": 1, "b": 3}, 4, "b"),
        ({"a": 1}, 1, "a"),
        ({"a": 0}, 0, None),
    ],
)
def test_recognised(met: dict[str, int], files: int, expected: str | None) -> None:
    assert recognised(met, files) == expected
