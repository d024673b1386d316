"""Words of the worklist."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext, gettext_lazy

from annotation.models import Assignment, Volume
from annotation.selectors.worklist import engine_title as title_of

register = template.Library()

_STATES = {
    "new": gettext_lazy("new"),
    "started": gettext_lazy("started"),
    "submitted": gettext_lazy("submitted"),
}


@register.filter
def engine_title(name: str) -> str:
    """The engine's name for people."""
    return gettext(title_of(name=name))


@register.filter
def translated(text: str) -> str:
    """A text that is written elsewhere, in the language of the page."""
    return gettext(text)


@register.filter
def case_state(assignment: Assignment) -> str:
    """new, started or submitted."""
    if assignment.state != "open":
        return assignment.state
    return "started" if assignment.sessions.all() else "new"


@register.filter
def state_text(state: str) -> str:
    """A state of a case, for people."""
    return str(_STATES.get(state, state))


@register.filter
def image_size(volume: Volume) -> str:
    """Modality and voxels, as people read them: columns, rows, slices."""
    slices, rows, columns = volume.shape
    size = f"{volume.modality} {columns} × {rows}"
    return f"{size} × {slices}" if slices > 1 else size
