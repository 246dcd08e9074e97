import pickle

import pytest

from traymail.core.secret import Secret, tidy_code


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("abcd efgh ijkl mnop", "abcdefghijklmnop"),
        (" abcd  efgh ijkl mnop ", "abcdefghijklmnop"),
        ("abcdefghijklmnop", "abcdefghijklmnop"),
        ("abcd efgh ijkl mno1", "abcd efgh ijkl mno1"),
        ("correct horse battery staple", "correct horse battery staple"),
        ("two word", "two word"),
        (" blank around ", " blank around "),
    ],
)
def test_only_the_blanks_of_a_code_in_groups_are_dropped(typed: str, kept: str) -> None:
    assert tidy_code(typed) == kept


def test_a_secret_is_not_shown() -> None:
    secret = Secret("canary-12")
    shown = f"{secret} {secret!r} {secret:>10} {[secret]} {secret}"
    assert "canary" not in shown
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)


def test_a_secret_echoed_by_a_server_is_struck_out() -> None:
    secret = Secret("canary-12")
    for echo in ("canary-12", "Y2FuYXJ5LTEy", "AG1lAGNhbmFyeS0xMg=="):
        assert secret.strike_out(f"535 {echo} refused", "me") == "535 *** refused"
