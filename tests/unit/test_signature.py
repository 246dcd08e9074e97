"""The signature below what a person writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traymail.core import shown
from traymail.core.markdown import text_of, to_html
from traymail.core.pictures import with_pictures
from traymail.core.signature import Written, signed, unsigned

SIGNATURE = "**Li Na**\n[Shop](https://shop.example)\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Hi", "Hi\n\n-- \nLi\n"),
        ("Hi\n", "Hi\n\n-- \nLi\n"),
        ("", "-- \nLi\n"),
        ("Hi\n\n-- \nLi\n", "Hi\n\n-- \nLi\n"),
        ("Hi\n\n-- \nLi", "Hi\n\n-- \nLi"),
        ("-- \nLi\n", "-- \nLi\n"),
        ("I am-- \nLi", "I am-- \nLi\n\n-- \nLi\n"),
        ("Hi\n\n-- \nBo\n", "Hi\n\n-- \nBo\n\n-- \nLi\n"),
    ],
)
def test_the_plain_text(words: str, expected: str) -> None:
    assert signed(words, None, "Li") == (expected, None)
    assert signed(words, None, "\nLi\n\n")[0] == expected


@pytest.mark.parametrize("signature", ["", "\n", " \n "])
def test_no_signature(signature: str) -> None:
    assert signed("Hi", "<p>Hi</p>", signature) == ("Hi", "<p>Hi</p>")


@pytest.mark.parametrize(
    ("html", "before", "after"),
    [
        ("<p>Hi</p>", "<p>Hi</p>", ""),
        ("<html><BODY>Hi</BODY></html>", "<html><BODY>Hi", "</BODY></html>"),
        ("<html>Hi</html>", "<html>Hi", "</html>"),
        ("İ</body>", "İ", "</body>"),
    ],
)
def test_in_html_it_is_markdown_at_the_end_of_the_body(html: str, before: str, after: str) -> None:
    words, page = signed("Hi", html, SIGNATURE)
    assert page is not None
    assert page.startswith(before)
    if before != "İ":
        assert page.endswith(f"</div>\n{after}")
    assert "<strong>Li Na</strong>" in page
    assert 'href="https://shop.example"' in page
    assert words == f"Hi\n\n-- \n{SIGNATURE}"


def test_its_html_is_shown_and_not_obeyed() -> None:
    _words, page = signed("Hi", "<p>Hi</p>", "<script>x</script> ![x](/etc/hostname)")
    assert page is not None
    assert "<script" not in page
    assert "<img" not in page


@given(
    st.text(st.sampled_from("a -\n*#é"), max_size=30),
    st.text(st.sampled_from("a -\n*#é"), max_size=20),
    st.booleans(),
)
def test_what_was_written_comes_back_and_is_never_signed_twice(
    body: str, signature: str, markdown: bool
) -> None:
    page = to_html(body) if markdown else None
    words, html = signed(body, page, signature)
    assert signed(words, html, signature) == (words, html)
    again = unsigned(words, html)
    assert again.markdown is markdown
    if markdown:
        assert signed(again.body, to_html(again.body), signature) == (words, html)


NAMES = ("a.png", "a.png", "<b>&.png")


@given(
    st.text(st.sampled_from(f"a -\n*#é{shown.PICTURE}"), max_size=30).filter(
        lambda words: 0 < words.count(shown.PICTURE) <= len(NAMES)
    ),
    st.text(st.sampled_from("a -\n*#é"), max_size=20),
    st.booleans(),
)
def test_pictures_that_were_put_into_the_text_are_found_there(
    body: str, signature: str, markdown: bool
) -> None:
    names = NAMES[: body.count(shown.PICTURE)]
    pictures = tuple((f"{number}@x.example", name) for number, name in enumerate(names))
    page = (
        shown.from_markdown(body, pictures, to_html) if markdown else shown.to_html(body, pictures)
    )
    words, html = signed(shown.plain(body, names), page, signature)
    again = unsigned(words, html)
    if shown.pictures_of(page) == list(pictures):  # in a line of Markdown there is room for none
        assert again.pictures == pictures
        made = (
            shown.from_markdown(again.body, pictures, to_html)
            if again.markdown
            else shown.to_html(again.body, pictures)
        )
        assert signed(shown.plain(again.body, names), made, signature) == (words, html)


def test_words_that_look_like_a_picture_stay_words() -> None:
    picture = ("1@x.example", "a.png")
    html = shown.to_html(f"[a.png] is this: {shown.PICTURE}", [picture])
    # It could be either: then both are words, and the picture is attached.
    assert unsigned("[a.png] is this: [a.png]", html) == Written("[a.png] is this: [a.png]")
    html = shown.to_html(f"{shown.PICTURE} is [a.png]", [picture])
    assert unsigned("[a.png] is [a.png]", html).body == f"{shown.PICTURE} is [a.png]"
    assert unsigned("no such", html) == Written("no such")


def _cid(address: str, _line: int) -> str:
    return f"{address[0]}@x.example"


@pytest.mark.parametrize(
    ("words", "written", "shows"),
    [
        ("Hi\n\n![Chart](a.png)\n", f"Hi\n\n{shown.PICTURE}\n", "a"),
        ("![](b.png) ![x](a.png 'T') ![](b.png)", " ".join([shown.PICTURE] * 3), "bab"),
        ("[![x](a.png)](https://x.example)", f"[{shown.PICTURE}](https://x.example)", "a"),
        # Not everything that looks like one is one: then they are attached.
        ("`![x](a.png)` ![x](b.png)", "`![x](a.png)` ![x](b.png)", ""),
    ],
)
@pytest.mark.parametrize("signature", ["", SIGNATURE])
def test_pictures_that_markdown_named_are_in_it_again(
    words: str, written: str, shows: str, signature: str
) -> None:
    text, html = signed(words, to_html(words, _cid), signature)
    again = unsigned(text, html, ["a.png" if shows[:1] != "b" else "b.png", "2.png", "note.txt"])
    assert [cid[0] for cid, _name in again.pictures] == list(shows)
    if shows:
        assert (again.body.rstrip(), again.markdown) == (written.rstrip(), True)
    else:
        assert again == Written(text)


@pytest.mark.parametrize("signature", ["", SIGNATURE])
def test_pictures_that_html_showed_are_in_its_text_again(signature: str) -> None:
    page = with_pictures(
        "<body><p>[a.png] is:<p><IMG SRC = 'a.png' alt=Chart> and<img src=b.png></body>", _cid
    )
    names = {"a@x.example": "a.png", "b@x.example": "b.png"}
    text, html = signed(text_of(page, names), page, signature)
    rest = text.removeprefix("[a.png] is:\n\n[Chart: a.png] and[b.png]")
    assert rest != text
    again = unsigned(text, html, ["a.png", "b.png", "note.txt"])
    assert again.pictures == tuple(names.items())
    assert again.body.rstrip() == (
        f"[a.png] is:\n\n{shown.PICTURE} and{shown.PICTURE}{rest}".rstrip()
    )
    assert not again.markdown
    # The text was another one, or a file is not there: then they are attached.
    assert unsigned("Hi", page, ["a.png", "b.png"]) == Written("Hi")
    assert unsigned(text, html, ["a.png"]) == Written(text)


@pytest.mark.timeout(30)
def test_a_mail_of_thousands_of_lines_of_dashes_is_tried_a_few_times() -> None:
    """All of them would take as long as a coffee break."""
    words = "Hi\n" + "-- \nLi Na\n" * 3000
    assert unsigned(words, "<p>something else</p>") == Written(words)
