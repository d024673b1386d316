"""People who log in."""

from __future__ import annotations

import secrets

from django.contrib.auth.models import AbstractUser
from django.db import models


def new_pseudonym() -> str:
    """A name that says nothing of the person, for everything that is exported."""
    return f"reader-{secrets.token_hex(4)}"


class User(AbstractUser):
    """An account; ``pseudonym`` replaces it in exports and reports."""

    pseudonym = models.CharField(max_length=32, unique=True, default=new_pseudonym)
