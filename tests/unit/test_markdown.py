"""Markdown for a mail, and the plain twin of an HTML mail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traymail.core.markdown import text_of, to_html
from traymail.core.pictures import with_pictures


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("# 标题", "<h1>标题</h1>"),
        ("**bold** ~~gone~~", "<strong>bold</strong> <s>gone</s>"),
        ("one\ntwo", "one<br />\ntwo"),
        ("[x](https://a.b/c?d=e&f)", '<a href="https://a.b/c?d=e&amp;f">x</a>'),
        ("<mailto:a@b.c>", '<a href="mailto:a@b.c">'),
        ("| a |\n|---|\n| 1 |", "<td style="),
        ("{body} {0}", "<p>{body} {0}</p>"),
        ("half\ud800", "half\ufffd"),
    ],
)
def test_markdown_becomes_html(markdown: str, html: str) -> None:
    document = to_html(markdown)
    assert html in document
    assert document.startswith("<!DOCTYPE html>\n")
    assert '<meta charset="utf-8">' in document


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "<b onclick=x>a</b>",
        "[x](javascript:alert(1))",
        "[x](JAVASCRIPT:alert(1))",
        "[x](data:text/html,hi)",
        "[x](file:///etc/passwd)",
        "![x](file:///etc/passwd)",
        '[x](https://a "\\" onclick=x")',
    ],
)
def test_nothing_active_comes_through(markdown: str) -> None:
    html = to_html(markdown)
    for active in ("<script", "<b ", 'href="j', 'href="J', 'href="d', 'href="f', 'src="f', '" on'):
        assert active not in html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("Hello", "Hello\n"),
        ("<p>One\n two</p>\n<p>Three</p>", "One two\n\nThree\n"),
        ("a<br>b<br/>c", "a\nb\nc\n"),
        ("<div>a</div><div>b</div>c", "a\nb\nc\n"),
        ("a &lt;b&gt; &amp; &#x4e2d;&nbsp;c", "a <b> & 中\xa0c\n"),
        ("<ul><li>one</li>\n<li>two</ul>end", "- one\n- two\n\nend\n"),
        ("<a href='https://a.b'>here</a>.", "here (https://a.b).\n"),
        ("<a href='https://a.b'>https://a.b</a>", "https://a.b\n"),
        ("<a href='mailto:a@b'>a@b</a>", "a@b\n"),
        ("<a href='https://a.b'><img></a>", "https://a.b\n"),
        ("<a href='#top'>up</a> <a>x</a></a>", "up x\n"),
        ("<img alt='a logo' src=x>", "a logo\n"),
        ("<table><tr><td>1<td>2</tr><tr><td>3</td></tr></table>", "1\t2\n3\n"),
        ("<pre>a\n  b</pre>", "a\n  b\n"),
        ("<head><title>t</title><style>s</style><body>x<script>y</script>z", "xz\n"),
        ("<!-- no --><![if !x]>yes<![endif]><![odd[ no", "yes\n"),
        ("a <b>bold</b> move", "a bold move\n"),
        ("1 < 2", "1 < 2\n"),
        ("<b>1</b> < <i 2", "1 < <i 2\n"),
        ("a<!-- b --> c <!-- d <b>e</b>", "a c\n"),
        (
            "<p>a</p><!--[if mso]><b>no</b><![endif]--><p>b</p><!--[if x]><![endif]-->c",
            "a\n\nb\n\nc\n",
        ),
        ("<!--[if !mso]><!-->a<!--<![endif]-->b", "ab\n"),
        ("a<!-->b<!--->c<!-- x --!>d", "abcd\n"),
    ],
)
def test_html_becomes_text(html: str, text: str) -> None:
    assert text_of(html) == text


TAGS = ["<p>", "</p>", "<a href='http://x'>", "</a>", "<pre>", "</pre>", "<![", "]]>", "<!", "<?"]


@given(st.lists(st.one_of(st.sampled_from(TAGS), st.text(max_size=5)), max_size=20))
def test_any_html_has_a_text(pieces: list[str]) -> None:
    text_of("".join(pieces))


@pytest.mark.parametrize(
    "piece",
    ["<img ", "<!-- >", "<!-- ", "</p ", "<?", "<!x", "<a b='", "<", "<!--[if x]", "<script>"],
)
def test_what_never_ends_is_read_once(piece: str) -> None:
    # Read from each beginning anew, this would take an hour.
    html = piece * 200_000
    assert isinstance(text_of(html), str)
    assert with_pictures(html, lambda _address, _line: "x") == html


def test_a_number_of_no_character_is_read_as_browsers_do() -> None:
    endless = f"&#{'9' * 5000};"
    asked: list[str] = []
    html = f'<p title="{endless}">a{endless}b<img alt={endless} src="{endless}.png"></p>\n<b>c</b>'
    assert text_of(html).startswith("a\ufffd")
    assert with_pictures(html, lambda address, _line: asked.append(address)) == html
    changed = with_pictures(f"{html}<img src=x.png>", lambda address, _line: address)
    assert changed.endswith('</p>\n<b>c</b><img src="cid:x.png">')
    assert endless in changed
    assert [one.split() for one in asked] == [["\ufffd", ".png"]]


def test_a_document_of_ours_has_its_text() -> None:
    assert text_of(to_html("# T\n\n- a\n- b")) == "T\n\n- a\n- b\n"
