"""The application for macOS: traymail.app, without a place in the Dock, signed ad hoc, in a .dmg.

Nobody has run this on macOS: it was written after the manuals of PyInstaller, codesign(1) and
hdiutil(1). That what PyInstaller gathers is a whole program was tried on Linux.
"""

from __future__ import annotations

import plistlib
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import traymail
from installer import wheel
from traymail.core.languages import LANGUAGES

IDENTIFIER = "org.traymail.traymail"
HERE = Path(__file__).parent
DRAWN = wheel.ROOT / "icons" / "drawn"


def build(dist: Path) -> list[Path]:
    """Build the disk image into `dist`; return its path. Raises CalledProcessError."""
    built = dist / f"traymail-{traymail.__version__}.dmg"
    with TemporaryDirectory(prefix="traymail-app-") as folder:
        subprocess.run(gathering(Path(folder)), check=True)
        app = Path(folder, "gathered", "traymail.app")
        described = app / "Contents" / "Info.plist"
        info = plistlib.loads(described.read_bytes())
        described.write_bytes(plistlib.dumps(info | own_info()))
        # Without a developer's account; a change after signing would break it.
        subprocess.run(["codesign", "--force", "--deep", "--sign", "-", app], check=True)
        subprocess.run(["codesign", "--verify", "--deep", "--strict", app], check=True)
        image = ["hdiutil", "create", "-volname", "traymail", "-srcfolder", str(app.parent)]
        subprocess.run([*image, "-ov", "-format", "UDZO", str(built)], check=True)
    return [built]


def gathering(folder: Path) -> list[str]:
    """Return PyInstaller's command line, which puts the program into `folder`/gathered."""
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    command += ["--windowed", "--onedir", "--name", "traymail"]
    command += ["--distpath", str(folder / "gathered"), "--workpath", str(folder / "work")]
    command += ["--specpath", str(folder)]
    command += ["--icon", str(DRAWN / "traymail.icns"), "--osx-bundle-identifier", IDENTIFIER]
    # The commands are imported by their names, the keyrings are found by their entry points.
    command += ["--collect-submodules", "traymail", "--collect-data", "traymail"]
    command += ["--collect-submodules", "keyring.backends", "--copy-metadata", "keyring"]
    command += ["--collect-data", "ttkbootstrap", "--collect-data", "tkinterdnd2"]
    command += ["--add-data", f"{DRAWN}:traymail/icons"]
    for guide in sorted((wheel.ROOT / "docs").glob("oauth*.md")):
        command += ["--add-data", f"{guide}:traymail/guides"]
    return [*command, str(HERE / "launch.py")]


def own_info() -> dict[str, object]:
    """Return what the application's Info.plist says beside PyInstaller's own words."""
    return {
        "CFBundleShortVersionString": traymail.__version__,
        "CFBundleVersion": traymail.__version__,
        "CFBundleLocalizations": list(LANGUAGES),
        "LSApplicationCategoryType": "public.app-category.productivity",
        # An agent: an icon in the menu bar, none in the Dock.
        "LSUIElement": True,
        # As far back as the wheels go.
        "LSMinimumSystemVersion": "13.0",
        "NSHighResolutionCapable": True,
    }
