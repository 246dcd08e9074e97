"""What another process asks the quick-send window to open with."""

from traymail.ui.model.prefill import Prefill, asked_for


def test_what_is_asked_for_is_taken() -> None:
    asked = asked_for(
        {
            "command": "compose",
            "to": ["a@x.example"],
            "cc": ["b@x.example"],
            "bcc": ["c@x.example"],
            "subject": "Hello",
            "body": "Words",
            "files": ["/tmp/a.pdf"],
        }
    )
    assert asked == Prefill(
        to=("a@x.example",),
        cc=("b@x.example",),
        bcc=("c@x.example",),
        subject="Hello",
        body="Words",
        files=("/tmp/a.pdf",),
    )


def test_what_is_of_another_kind_is_left_out() -> None:
    assert asked_for({"to": "a@x.example", "subject": ["x"], "body": None}) == Prefill()
    assert asked_for({"to": [1, None]}) == Prefill(to=("1", "None"))
