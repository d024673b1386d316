"""``run``, ``test -- COMMAND`` and ``with -- COMMAND``."""

import argparse
import sys
from collections.abc import Sequence

from webapp.stack import lent, serve
from webapp.stack.errors import StackError

LENDERS = {"test": lent.test, "with": lent.lend}


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m webapp.stack", description="Run Slicewise's processes."
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("run", help="serve until Ctrl-C (HOST, PORT, WORKERS)")
    for verb, text in (
        ("test", "lend a command throw-away services"),
        ("with", "lend a command the services that hold the data"),
    ):
        lender = verbs.add_parser(verb, help=text)
        lender.add_argument("command", nargs=argparse.REMAINDER)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    given = parse(arguments)
    try:
        if given.verb == "run":
            return serve.run()
        command = given.command[1:] if given.command[:1] == ["--"] else given.command
        return LENDERS[given.verb](command)
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
