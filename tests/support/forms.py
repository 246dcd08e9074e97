"""A browser of a few lines: it follows links and forms as a user does who agrees, or does not.

`python forms.py agree|deny USER FILE ADDRESS` keeps the last page in FILE.
"""

import sys
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, build_opener

_MOST_PAGES = 12


class _Page(HTMLParser):
    """What there is to press: forms with their fields, and the link that breaks it off."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.abort = ""
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((given["action"], {}))
        elif tag == "input" and self.forms and given.get("name"):
            self.forms[-1][1][given["name"]] = given.get("value", "")
        elif tag == "a" and given.get("href", "").endswith("/abort"):
            self.abort = given["href"]


def visit(url: str, user: str, *, agrees: bool = True) -> str:
    """Go where pages and forms lead, as a user with any password, and return the last page.

    Who does not agree breaks it off as soon as a page offers that.
    """
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    given: bytes | None = None
    over = False
    for _ in range(_MOST_PAGES):
        try:
            with browser.open(url, given) as answer:
                url, content = answer.url, str(answer.read(), "utf-8")
        except HTTPError as error:
            with error:
                return error.read().decode()
        page = _Page(content)
        if not page.forms or over:
            return content
        if page.abort and not agrees:
            url, given, over = urljoin(url, page.abort), None, True
            continue
        action, fields = page.forms[0]
        typed = {"login": user, "password": "anything"}
        fields |= {name: words for name, words in typed.items() if name in fields}
        url, given = urljoin(url, action), urlencode(fields).encode()
    raise AssertionError(f"it never ends: {url}")


if __name__ == "__main__":
    _, choice, user, file, address = sys.argv
    Path(file).write_text(visit(address, user, agrees=choice == "agree"), "utf-8")
