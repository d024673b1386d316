"""``run``, ``test -- COMMAND`` and ``with -- COMMAND``."""

import argparse
import sys
from collections.abc import Sequence

from webapp.stack.errors import StackError
from webapp.stack.lent import test_command


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m webapp.stack", description="Run Slicewise's processes."
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    test = verbs.add_parser("test", help="lend a command throw-away services")
    test.add_argument("command", nargs=argparse.REMAINDER)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    given = parse(arguments)
    command = list(getattr(given, "command", []))
    if command[:1] == ["--"]:
        command = command[1:]
    try:
        return test_command(command)
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
