"""Which pictures an HTML text or Markdown names, and on which line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traymail.core.markdown import text_of, to_html
from traymail.core.pictures import is_local, paths_of, with_pictures


def named(html: str) -> tuple[str, list[tuple[str, int]]]:
    asked: list[tuple[str, int]] = []

    def picture(address: str, line: int) -> str:
        asked.append((address, line))
        return f"{len(asked)}@x"

    return with_pictures(html, picture), asked


@pytest.mark.parametrize(
    ("html", "changed", "asked"),
    [
        ('<img src="a.png">', '<img src="cid:1@x">', [("a.png", 1)]),
        ("<IMG alt=x SRC=a.png>", '<IMG alt=x SRC="cid:1@x">', [("a.png", 1)]),
        ("<img src='a b.png' />", '<img src="cid:1@x" />', [("a b.png", 1)]),
        ('<img\n  src = "a.png"\n>', '<img\n  src = "cid:1@x"\n>', [("a.png", 1)]),
        ('<img alt="1 > 0 src=b.png" src="a.png">', None, [("a.png", 1)]),
        ('<img data-src="b.png" src="a.png">', None, [("a.png", 1)]),
        ('<img title=\'src="b.png"\' src="a.png">', None, [("a.png", 1)]),
        ('<img src="a.png" src="b.png">', '<img src="cid:1@x" src="b.png">', [("a.png", 1)]),
        ("x\r\n\n<p><img src=a.png>\n<img src=b.png>", None, [("a.png", 3), ("b.png", 4)]),
        ('<img src="a&amp;b.png">', None, [("a&b.png", 1)]),
        ("<![if !mso]><img src=a.png><![endif]>", None, [("a.png", 1)]),
        ("<!--[if mso]><i><![endif]--><img src=a.png>", None, [("a.png", 1)]),
        ("<!--[if !mso]><!--><img src=a.png><!--<![endif]-->", None, [("a.png", 1)]),
        ("<!--[if mso]>\n<img src=b.png>\n<![endif]--><img src=a.png>", None, [("a.png", 3)]),
        ("<!--><img src=a.png><!-- x --!><img src=b.png>", None, [("a.png", 1), ("b.png", 1)]),
        ('<style>i::after {content: "<!--"}</style><img src=a.png>', None, [("a.png", 1)]),
        ('<img src="cid:logo.png">', '<img src="cid:1@x">', [("cid:logo.png", 1)]),
        ("<!-- <img src=a.png> -->", "<!-- <img src=a.png> -->", []),
        ("<script>'<img src=a.png>'</script>", "<script>'<img src=a.png>'</script>", []),
        ('<img src="https://a.b/c.png">', '<img src="https://a.b/c.png">', []),
        ('<img src="//a.b/c.png">', '<img src="//a.b/c.png">', []),
        ('<img src="data:image/png;base64,AA==">', '<img src="data:image/png;base64,AA==">', []),
        ('<img src=""><img><img src>', '<img src=""><img><img src>', []),
        (
            '<a href="a.png">x</a><video src="a.png">',
            '<a href="a.png">x</a><video src="a.png">',
            [],
        ),
    ],
)
def test_the_pictures_of_a_page(
    html: str, changed: str | None, asked: list[tuple[str, int]]
) -> None:
    found, told = named(html)
    assert told == asked
    if changed is not None:
        assert found == changed
    assert found.count('"cid:') == len(asked)


@given(
    st.lists(
        st.sampled_from(["<img src=a.png>", "<", ">", "'", '"', "\n", "<![", "<!--", "img", "é"])
    )
)
def test_any_other_text_stays_as_it_is(pieces: list[str]) -> None:
    html = "".join(pieces)
    found, told = named(html)
    for number in range(1, len(told) + 1):
        found = found.replace(f'"cid:{number}@x"', "a.png")
    assert found == html


@pytest.mark.parametrize(
    ("address", "local", "paths"),
    [
        ("a.png", True, ("a.png",)),
        ("p/my%20a.png", True, ("p/my a.png", "p/my%20a.png")),
        ("a.png?v=2", True, ("a.png?v=2", "a.png")),
        ("file:///home/a.png", True, ("/home/a.png",)),
        ("file:///C:/a.png", True, ("C:/a.png",)),
        ("C:\\a.png", True, ("C:\\a.png",)),
        ("cid:a.png", True, ("a.png",)),
        ("a\0.png", True, ()),
        (r"\\evil.example\share\a.png", True, ()),
        (r"\/evil.example/share/a.png", True, ()),
        (r"/\evil.example/share/a.png", True, ()),
        ("%5C%5Cevil.example/share/a.png", True, ("%5C%5Cevil.example/share/a.png",)),
        ("file://evil.example/share/a.png", True, ()),
        ("file:////evil.example/share/a.png", True, ()),
        ("file:%2F%2Fevil.example/share/a.png", True, ("%2F%2Fevil.example/share/a.png",)),
        (r"cid:\\evil.example\share\a.png", True, ()),
        ("https://a.b/c.png", False, None),
        ("HTTP://a.b/c.png", False, None),
        ("data:image/png;base64,AA==", False, None),
        ("//a.b/c.png", False, None),
        ("#a", False, None),
        ("", False, None),
    ],
)
def test_what_is_a_file(address: str, local: bool, paths: tuple[str, ...] | None) -> None:
    assert is_local(address) is local
    if paths is not None:
        assert paths_of(address) == paths


def test_the_pictures_of_markdown() -> None:
    asked: list[tuple[str, int]] = []

    def picture(address: str, line: int) -> str:
        asked.append((address, line))
        return f"{len(asked)}@x"

    words = "# T\n\none\ntwo ![a](x.png)\n\n- ![ü](<图 1.png>)\n\n[![b](y.png)](https://a.b)\n"
    words += "\n![net](https://a.b/c.png) [x](z.png) ![e](javascript:a) `![c](q.png)`\n"
    html = to_html(words, picture)
    assert asked == [("x.png", 4), ("图 1.png", 6), ("y.png", 8)]
    for number in (1, 2, 3):
        assert f'src="cid:{number}@x"' in html
    assert 'src="https://a.b/c.png"' in html
    # As ever: nothing else of this computer, and nothing active, becomes a link.
    assert "[x](z.png)" in html
    assert 'javascript:a"' not in html


def test_without_pictures_markdown_is_as_ever() -> None:
    assert "![a](x.png)" in to_html("![a](x.png)")


def test_the_plain_text_names_them() -> None:
    html = (
        '<p>A <img src="cid:1@x" alt="chart"> <img src="cid:2@x"> <img src="cid:3@x" alt="c"></p>'
    )
    assert text_of(html, {"1@x": "a.png", "2@x": "b.png"}) == "A [chart: a.png] [b.png] c\n"
