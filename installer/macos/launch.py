"""What the application starts: opened by a double click, it is the running program itself."""

import sys

from traymail.__main__ import main

if __name__ == "__main__":
    sys.argv[1:] = sys.argv[1:] or ["run"]
    sys.exit(main())
