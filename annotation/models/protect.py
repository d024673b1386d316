"""Database triggers that keep rows as they were written."""

from __future__ import annotations

import pgtrigger


def unchanging(noun: str) -> list[pgtrigger.Trigger]:
    """Triggers that refuse to update, delete or truncate a table's rows."""
    return [
        pgtrigger.Protect(
            name=f"{noun}_is_kept", operation=pgtrigger.Update | pgtrigger.Delete
        ),
        # PostgreSQL has truncation by statement only, `Protect` by row only.
        pgtrigger.Trigger(
            name=f"{noun}_is_not_emptied",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
        ),
    ]
