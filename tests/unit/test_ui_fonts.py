"""Which font the windows are written in, of those that a system has."""

import pytest

from traymail.ui.theme import families

WINDOWS = ("Arial", "Cascadia Mono", "Microsoft YaHei", "Microsoft YaHei UI", "Segoe UI", "SimSun")
DEBIAN = ("DejaVu Sans", "DejaVu Sans Mono", "Noto Sans CJK SC", "Noto Sans Mono CJK SC")


@pytest.mark.parametrize(
    ("language", "here", "chosen"),
    [
        ("en", WINDOWS, ("Segoe UI", "Cascadia Mono")),
        ("zh_CN", WINDOWS, ("Microsoft YaHei UI", "Cascadia Mono")),
        ("zh_CN", ("Microsoft YaHei", "SimSun"), ("Microsoft YaHei", "DejaVu Sans Mono")),
        ("en", DEBIAN, ("DejaVu Sans", "Noto Sans Mono CJK SC")),
        ("zh_CN", DEBIAN, ("Noto Sans CJK SC", "Noto Sans Mono CJK SC")),
        ("en", ("Helvetica Neue", "Menlo", "PingFang SC"), ("DejaVu Sans", "Menlo")),
        ("zh_CN", ("Helvetica Neue", "Menlo", "PingFang SC"), ("PingFang SC", "Menlo")),
        ("zh_CN", (), ("Noto Sans CJK SC", "DejaVu Sans Mono")),
    ],
)
def test_the_first_that_is_here(
    language: str, here: tuple[str, ...], chosen: tuple[str, str]
) -> None:
    assert families(language, here) == chosen
