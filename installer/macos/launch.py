"""What the application starts: opened by a double click, it is the running program itself."""

import sys

from traymail.cli.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["run"]))
