"""Bring the database up to date and see to the demo project: one start of Django.

The demo's passwords go to the terminal, which is why this is not a logged child.
"""

import django
from django.core.management import call_command

if __name__ == "__main__":
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("demo")
