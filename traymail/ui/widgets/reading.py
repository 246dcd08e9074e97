"""A text to read: several looks, nothing to type; what is marked can be copied."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from itertools import count
from tkinter import ttk

from traymail.ui.model.passages import Passage
from traymail.ui.palette import Palette
from traymail.ui.widgets.base import Area


class ReadingText(Area):
    """Passages one after the other, with a scroll bar."""

    def __init__(
        self,
        master: tk.Misc,
        names: float = 110,
        open_page: Callable[[str], object] = lambda _url: None,
    ) -> None:
        """``names`` is the width of the column of names, in 96-dpi pixels.

        ``open_page`` is told the page of a passage that was clicked; the Tab key goes from one to
        the next, and Return opens it.
        """
        super().__init__(master)
        self._open_page = open_page
        self._links: list[tuple[str, str, str]] = []  # the page, where its words begin and end
        self._at: int | None = None  # the one that the keyboard is at
        bar = ttk.Scrollbar(
            self, orient="vertical", style=self.theme.style("Scroll", self.surface), takefocus=False
        )
        bar.pack(side="right", fill="y")
        px = self.theme.px
        self._column = px(names)
        self.text = tk.Text(
            self,
            width=10,
            height=4,
            wrap="word",
            font="TkDefaultFont",
            padx=px(24),
            pady=px(20),
            spacing2=px(3),
            spacing3=px(4),
            cursor="arrow",
            state="disabled",
            takefocus=True,
            yscrollcommand=bar.set,
            tabs=(self._column,),
        )
        bar.configure(command=self.text.yview)
        self.text.pack(side="left", fill="both", expand=True)
        # A text that cannot be changed gets no keyboard by itself, and so no way to copy.
        self.text.bind("<Button-1>", lambda _event: self.text.focus_set(), add="+")
        self.text.bind("<Control-a>", self._mark_all)
        self.text.bind("<<NextWindow>>", lambda _event: self._go(1))
        self.text.bind("<<PrevWindow>>", lambda _event: self._go(-1))
        for key in ("<Return>", "<KP_Enter>"):
            self.text.bind(key, self._open_it)
        self.text.bind("<FocusOut>", lambda _event: self._mark(None))
        self.theme.paint(self.text, self._paint)

    def show(self, passages: Sequence[Passage]) -> None:
        """Show these in place of what was shown, from the top."""
        self.text.configure(state="normal")
        self.text.delete("1.0", "end")
        self._links.clear()
        self._at = None
        heads = count()
        for passage in passages:
            tags: tuple[str, ...] = (passage.tone,)
            if passage.tone == "head":
                head = f"head {next(heads)}"
                self.text.mark_set(head, "end-1c")
                self.text.mark_gravity(head, "left")
            if passage.url:
                tags += ("link", self._link(passage.url))
            begin = self.text.index("end-1c")
            self.text.insert("end", self.theme.say(passage.words), tags)
            if passage.url:
                self._links.append((passage.url, begin, self.text.index("end-1c")))
        self.text.configure(state="disabled")
        self.text.yview_moveto(0)

    def see_head(self, number: int) -> None:
        """Have a head at the top, the first being 0."""
        self.text.yview(f"head {number}")

    def _link(self, url: str) -> str:
        """Return the tag of words that lead to a page."""
        tag = f"link {url}"
        if tag not in self.text.tag_names():
            self.text.tag_bind(tag, "<Button-1>", lambda _event: self._open_page(url))
            self.text.tag_bind(tag, "<Enter>", lambda _event: self.text.configure(cursor="hand2"))
            self.text.tag_bind(tag, "<Leave>", lambda _event: self.text.configure(cursor="arrow"))
        return tag

    def _go(self, step: int) -> str | None:
        """Go to the next link, or the one before; behind the last one, out of the text."""
        to = (0 if step > 0 else len(self._links) - 1) if self._at is None else self._at + step
        if to not in range(len(self._links)):
            return None
        self._mark(to)
        return "break"

    def _mark(self, link: int | None) -> None:
        """Show at which link the keyboard is."""
        self._at = link
        self.text.tag_remove("here", "1.0", "end")
        if link is not None:
            _url, begin, end = self._links[link]
            self.text.tag_add("here", begin, end)
            self.text.see(begin)

    def _open_it(self, _event: tk.Event[tk.Misc]) -> str | None:
        if self._at is None:
            return None
        self._open_page(self._links[self._at][0])
        return "break"

    def _mark_all(self, _event: tk.Event[tk.Misc]) -> str:
        self.text.tag_add("sel", "1.0", "end-1c")
        return "break"

    def _paint(self, palette: Palette) -> None:
        text = self.text
        text.configure(
            background=palette.colour(self.surface),
            foreground=palette.fg,
            selectbackground=palette.primary,
            selectforeground=palette.on_primary,
            inactiveselectbackground=palette.sel,
            relief="flat",
            borderwidth=0,
            highlightthickness=0,
        )
        text.tag_configure("head", font="TmHead", spacing1=self.theme.px(14))
        text.tag_configure("name", foreground=palette.muted, lmargin2=self._column)
        text.tag_configure("value", lmargin2=self._column)
        text.tag_configure("muted", foreground=palette.muted)
        text.tag_configure("mono", font="TkFixedFont", foreground=palette.muted)
        text.tag_configure("code", font="TkFixedFont", lmargin2=self._column)
        text.tag_configure("link", foreground=palette.link, underline=True)
        text.tag_configure("here", background=palette.sel)
        text.tag_raise("sel")
