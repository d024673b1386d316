"""What can keep the stack from standing up; each is shown as its one sentence."""


class StackError(Exception):
    """The stack cannot start, or cannot go on; the message says what to do."""
