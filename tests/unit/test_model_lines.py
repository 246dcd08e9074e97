"""Where lines of Chinese end; every letter here is one wide."""

import pytest

from traymail.ui.model.lines import broken


@pytest.mark.parametrize(
    ("words", "width", "lines"),
    [
        ("邮件会先保存", 4, ["邮件会先", "保存"]),
        ("邮件会先保存", 6, ["邮件会先保存"]),
        # No punctuation begins a line that belongs to what is before it.
        ("先保存，再发出。", 3, ["先保", "存，再", "发出。"]),
        ("保存（会先）后", 3, ["保存", "（会", "先）后"]),
        ("到“已发送”里看看", 4, ["到“已发", "送”里看", "看"]),
        # Latin words stay whole, and spaces at the end of a line go.
        ("开启 SMTP 服务并", 7, ["开启 SMTP", "服务并"]),
        ("开启SMTP服务", 5, ["开启", "SMTP服", "务"]),
        ("由 traymail 发出的", 4, ["由", "traymail", "发出的"]),
        ("一行\n另一行很长", 4, ["一行", "另一行很", "长"]),
        (" 缩进", 9, [" 缩进"]),
        ("……", 1, ["……"]),
        # Tk breaks these itself.
        ("plain words only", 5, ["plain words only"]),
        ("", 5, [""]),
    ],
)
def test_lines_end_where_a_reader_expects(words: str, width: int, lines: list[str]) -> None:
    assert broken(words, width, len).split("\n") == lines


@pytest.mark.parametrize("width", range(1, 40))
def test_nothing_is_lost(width: int) -> None:
    words = "请填写 QQ 邮箱的授权码：在 mail.qq.com 的“设置 → 账号”中开启 SMTP，再等几分钟。"
    lines = broken(words, width, len).split("\n")
    assert "".join(lines).replace(" ", "") == words.replace(" ", "")
    assert all(line[0] not in "，。：”" for line in lines)
