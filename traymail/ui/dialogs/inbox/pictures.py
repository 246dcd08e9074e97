"""The pictures of a mail, made small enough to be shown. Takes a while: not on Tk's thread."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

from PIL import Image

from traymail.ui.model.inbox import Received
from traymail.ui.thumbnails import LARGEST, thumbnail


def small_pictures(mail: Received, most: tuple[int, int]) -> Mapping[int, Image.Image]:
    """Return what can be drawn of a mail's attachments, by their place."""
    drawn = {
        place: thumbnail(BytesIO(part.content), most)
        for place, part in enumerate(mail.parts)
        if part.picture and len(part.content) <= LARGEST
    }
    return {place: picture for place, picture in drawn.items() if picture is not None}
