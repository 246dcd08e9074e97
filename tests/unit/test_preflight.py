"""What a rule needs of the disk, and the disk does not give."""

from pathlib import Path

import pytest

from tests.support.folders import folder_rule
from traymail.core.kinds import ALL
from traymail.core.paths import PathContext
from traymail.core.preflight import missing_paths
from traymail.core.rule_kind import RuleRead
from traymail.store.settings import Disk


class OfSomebodyElse(Disk):
    """A disk whose folders the user may not read: the tests may run as root, who may."""

    def is_readable(self, folder: str) -> bool:
        assert Path(folder).is_dir()
        return False


@pytest.mark.parametrize(
    ("disk", "said"),
    [(Disk(), []), (OfSomebodyElse(), ["you have no permission to read this folder"])],
)
def test_a_folder_that_may_not_be_read(disk: Disk, said: list[str], tmp_path: Path) -> None:
    read = RuleRead(0, folder_rule(tmp_path), frozenset())
    found = missing_paths([read], {}, PathContext("/home/ming"), disk, ALL)
    assert [str(one.problem.what) for one in found] == said
