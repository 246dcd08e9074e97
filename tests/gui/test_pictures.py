"""The pictures of the windows: taken for real, and those of the READMEs are the ones named here."""

import re
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from PIL import Image

from tests.gui import pictures
from tests.gui.pictures import LANGUAGES, LOOKS, README, README_FOLDER, WINDOWS

ROOT = README_FOLDER.parents[1]
READMES = {"en": ROOT / "README.md", "zh_CN": ROOT / "README.zh-CN.md"}
LARGEST = 100_000
