"""Compile the gettext catalogues, also for an editable install; pack icons and guides, too."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        # An editable install and the source archive have them where the checkout has them.
        if self.target_name == "wheel" and version == "standard":
            packed = build_data["force_include"]
            packed[str(Path(self.root, "icons", "drawn"))] = "traymail/icons"
            for guide in Path(self.root, "docs").glob("oauth*.md"):
                packed[str(guide)] = f"traymail/guides/{guide.name}"
        for source in Path(self.root, "traymail", "locale").rglob("*.po"):
            with source.open("rb") as catalogue, source.with_suffix(".mo").open("wb") as compiled:
                write_mo(compiled, read_po(catalogue))
