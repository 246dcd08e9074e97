import pytest

from traymail.core.post_send import numbered, units_of


@pytest.mark.parametrize(
    ("name", "number", "longest", "expected"),
    [
        ("a.pdf", 1, 255, "a.pdf"),
        ("a.pdf", 2, 255, "a (2).pdf"),
        ("no ending", 12, 255, "no ending (12)"),
        (".profile", 2, 255, ".profile (2)"),
        ("a" * 251 + ".pdf", 1, 255, "a" * 251 + ".pdf"),
        ("a" * 251 + ".pdf", 2, 255, "a" * 247 + " (2).pdf"),
        ("a" * 251 + ".pdf", 10, 255, "a" * 246 + " (10).pdf"),
        ("a" * 200 + ".pdf", 1, 143, "a" * 139 + ".pdf"),
        # Between characters, not inside of them, nor between those that are one.
        ("长" * 8 + ".pdf", 2, 24, "长" * 5 + " (2).pdf"),
        ("长" * 8 + ".pdf", 2, 25, "长" * 5 + " (2).pdf"),
        ("长" * 8 + ".pdf", 2, 26, "长" * 6 + " (2).pdf"),
        ("ae\u0301e\u0301x.pdf", 1, 10, "ae\u0301.pdf"),
        ("x👩\u200d👧\u200d👦.png", 1, 18, "x.png"),
        ("x👍🏽y.png", 1, 10, "x.png"),
        ("❤\ufe0f❤\ufe0f.png", 1, 12, "❤\ufe0f.png"),
        ("with a blank here.txt", 2, 21, "with a blank (2).txt"),
        # Bytes that are no text are a byte each.
        ("\udce9" * 251 + ".pdf", 2, 255, "\udce9" * 247 + " (2).pdf"),
        # So long an ending is none.
        ("a." + "b" * 253, 2, 255, "a." + "b" * 249 + " (2)"),
    ],
)
def test_numbered(name: str, number: int, longest: int, expected: str) -> None:
    assert numbered(name, number, longest) == expected


@pytest.mark.parametrize(
    ("name", "number", "longest", "expected"),
    [
        ("长" * 251 + ".pdf", 1, 255, "长" * 251 + ".pdf"),
        ("长" * 251 + ".pdf", 2, 255, "长" * 247 + " (2).pdf"),
        # Two units each.
        ("😀" * 6 + ".pdf", 1, 14, "😀" * 5 + ".pdf"),
        ("a.附件" + "长" * 40, 2, 50, "a.附件" + "长" * 40 + " (2)"),
        ("a" * 8 + ".pdf", 1, 10, "a" * 6 + ".pdf"),
    ],
)
def test_windows_counts_names_in_units_of_utf_16(
    name: str, number: int, longest: int, expected: str
) -> None:
    assert numbered(name, number, longest, units_of) == expected
