"""`python -m traymail` and the command `traymail`."""

import sys

from traymail.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
