"""These run on Windows alone: natively, or as tests/windows/ has them run under Wine."""

import sys

collect_ignore_glob = [] if sys.platform == "win32" else ["test_*.py"]
