"""The set-up program for Windows: Python, traymail and its launchers, packed by NSIS' makensis."""

from __future__ import annotations

import compileall
import re
import shutil
import subprocess
import sys
from pathlib import Path
from py_compile import PycInvalidationMode
from tempfile import TemporaryDirectory

from PIL import Image

import traymail
from installer import wheel
from installer.windows import launchers
from installer.windows.runtime import RuntimeTrouble, make_runtime

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
ICON = ROOT / "icons" / "drawn" / "traymail.ico"
CACHE = ROOT / ".wine"  # the tests under Wine keep their download of Python there, too
NEEDS = {"makensis": "nsis", "osslsigncode": "osslsigncode"}

# What a program that is finished does not use of Python and of the packages it brings along.
_LEFT_OUT = (
    "NEWS.txt",
    *("Lib/test", "Lib/*/test", "Lib/*/tests", "Lib/site-packages/*/tests"),
    *("Lib/ensurepip", "Lib/venv", "Lib/idlelib", "Lib/turtledemo", "Lib/turtle.py"),
    *("Lib/lib2to3", "Lib/distutils", "Lib/msilib", "Lib/pydoc_data"),
    *("DLLs/_msi.pyd", "DLLs/*.ico", "DLLs/*.cat"),
    *("tcl/*.lib", "tcl/*.sh", "tcl/tk8.6/demos", "tcl/tk8.6/images", "tcl/tcl8.6/tzdata"),
    "Lib/site-packages/tkinterdnd2/tkdnd/[!w]*",  # of Linux and macOS
    "Lib/site-packages/tkinterdnd2/tkdnd/win-arm64",
    "Lib/site-packages/tkinterdnd2/tkdnd/win-x86",
    "Lib/site-packages/tkinterdnd2/tkdnd/*-tcl9",
)
# Where this Python looks for modules: nowhere else, whatever the registry or the user's
# environment have for other Pythons (docs.python.org, "Finding modules" on Windows).
_SEARCHED = ("python311._pth", "Lib\nDLLs\nLib\\site-packages\n")
_COMPILED_BY = (3, 11)
# Twice what NSIS shows at 96 dpi, so that it stays sharp on larger ones.
_SIDE_PIXELS = (328, 628)
_SIDE_COLOUR = "#dfe9fb"


def build(dist: Path) -> list[Path]:
    """Build this version's set-up program into `dist`; return its path.

    Raises CalledProcessError, RuntimeTrouble.
    """
    wheel.build(dist)
    output = dist / f"traymail-{traymail.__version__}-setup.exe"
    with TemporaryDirectory() as scratch:
        program = Path(scratch, "program")
        lay_out(program, wheel.wheel_in(dist))
        pack(program, traymail.__version__, output)
    return [output]


def lay_out(program: Path, wheel_file: Path) -> None:
    """Make the folder of what is installed, with traymail of the wheel. Raises RuntimeTrouble."""
    if sys.version_info[:2] != _COMPILED_BY:
        raise RuntimeTrouble(
            "The package for Windows brings Python 3.11 with compiled modules: "
            "build it with python3.11"
        )
    runtime = program / "runtime"
    make_runtime(runtime, wheel_file, CACHE)
    for pattern in _LEFT_OUT:
        for path in runtime.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    name, searched = _SEARCHED
    (runtime / name).write_text(searched, "ascii")
    _compile(runtime)
    launchers.write(program, ICON)
    shutil.copy(ROOT / "LICENSE", program / "LICENSE.txt")


def _compile(runtime: Path) -> None:
    """Put compiled modules in the place of their sources: half the files, and a quick first start.

    Raises RuntimeTrouble.
    """
    library = runtime / "Lib"
    compiled = compileall.compile_dir(
        library,
        maxlevels=20,
        quiet=1,
        legacy=True,
        stripdir=str(runtime),
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )
    if not compiled:
        raise RuntimeTrouble("Not every module could be compiled; see above.")
    for source in library.rglob("*.py"):
        source.unlink()


def pack(program: Path, version: str, output: Path, *, compressor: str = "/SOLID lzma") -> None:
    """Pack the folder `program` into the set-up program `output`. Raises CalledProcessError.

    `compressor` is a word for NSIS' SetCompressor; zlib is quick.
    """
    numbers = [*re.findall(r"\d+", version), "0", "0", "0"][:4]
    with TemporaryDirectory() as scratch:
        side = Path(scratch, "side.bmp")
        _draw_side(side)
        defined = {
            "VERSION": version,
            "FOUR_NUMBERS": ".".join(numbers),
            "PROGRAM": str(program),
            "ICON": str(ICON),
            "SIDE": str(side),
            "OUTPUT": str(output),
            "COMPRESSOR": compressor,
        }
        defines = [f"-D{name}={value}" for name, value in defined.items()]
        command = ["makensis", "-V2", "-INPUTCHARSET", "UTF8", *defines, str(HERE / "setup.nsi")]
        subprocess.run(command, check=True)


def _draw_side(file: Path) -> None:
    """Draw what stands at the left of the first and the last page: the icon on its own blue."""
    with Image.open(ICON.with_name("traymail-128.png")) as icon:
        side = Image.new("RGB", _SIDE_PIXELS, _SIDE_COLOUR)
        side.paste(icon, ((side.width - icon.width) // 2, side.height // 6), icon)
        side.save(file, "BMP")
