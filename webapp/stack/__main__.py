"""The command line of the supervisor."""

import sys

from webapp.stack.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
