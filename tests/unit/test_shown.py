"""Pictures in a text that a person writes: in its HTML where they were, named in its words."""

from __future__ import annotations

from html import unescape

import pytest

from traymail.core import markdown
from traymail.core.shown import PICTURE as P
from traymail.core.shown import cid_of, from_markdown, plain, to_html, without_pictures

ONE, TWO = ("1@x.example", "a.png"), ("2@x.example", "b [1]_*<i>.png")


def body(html: str) -> str:
    return html.partition('line-height: 1.5">\n')[2].partition("</body>")[0]


def image(cid: str, name: str) -> str:
    return f'<img src="cid:{cid}" alt="{name}" style="max-width: 100%">'


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (f"see\n{P}\nbye\n", f"see<br>\n{image(*ONE)}<br>\nbye"),
        (f"{P}a < b & c", f"{image(*ONE)}a &lt; b &amp; c"),
        (f"{P}{P}", f"{image(*ONE)}{image(TWO[0], 'b [1]_*&lt;i&gt;.png')}"),
        (r"no \1 picture", r"no \1 picture"),
    ],
)
def test_a_text_becomes_html_with_its_pictures(words: str, expected: str) -> None:
    assert body(to_html(words, [ONE, TWO])) == f"<div>{expected}</div>\n"


def test_spaces_stay_where_html_would_drop_them() -> None:
    made = body(to_html("  two  spaces\n\tand a tab", []))
    assert "  " not in made
    assert unescape(made).replace("\xa0", " ") == "<div>  two  spaces<br>\n    and a tab</div>\n"


def test_markdown_has_its_pictures_where_they_were() -> None:
    html = body(from_markdown(f"**see** {P}\n\n- {P}\n", [ONE, TWO], markdown.to_html))
    assert f"<strong>see</strong> {image(*ONE)}" in html
    assert f"<li>{image(TWO[0], 'b [1]_*&lt;i&gt;.png')}</li>" in html


def test_markdown_names_no_other_picture_and_puts_none_into_a_tag() -> None:
    words = f"![y](/etc/passwd) [a](https://x.example/{P} '{P}') {P}"
    html = body(from_markdown(words, [TWO, TWO, ONE], markdown.to_html))
    assert html.count("<img") == html.count(f" {image(*ONE)}") == 1
    assert P not in html


def test_the_sign_of_a_picture_written_as_an_entity_of_html_is_none() -> None:
    words = f"&#xfffc;7&#xfffc; and &#65532;{'9' * 5000}&#65532; {P}"
    assert body(from_markdown(words, [ONE], markdown.to_html)) == f"<p> and  {image(*ONE)}</p>\n"


def test_the_words_say_where_a_picture_was() -> None:
    assert plain(f"see {P} and {P}", ["a.png", r"\1.png"]) == r"see [a.png] and [\1.png]"
    assert plain(f"see {P}{P}", ["a.png"]) == "see [a.png]"
    assert without_pictures(f"a{P}b") == "ab"


def test_a_content_id_is_that_of_its_file() -> None:
    one = cid_of("/p/a.png", "me@x.example")
    assert one == cid_of("/p/a.png", "me@x.example") != cid_of("/p/b.png", "me@x.example")
    assert one.endswith("@x.example")
    assert cid_of("/p/\udcff.png", "me@x.example") != one
