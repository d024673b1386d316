"""Tables, one noun per module."""

from annotation.models.assignment import Arm, Assignment
from annotation.models.audit import AuditEvent, AuditHead
from annotation.models.event import Event
from annotation.models.project import Label, Membership, Project, Role
from annotation.models.revision import MaskRevision
from annotation.models.session import DraftSlice, EngineSnapshot, Session
from annotation.models.turn import LogChange, Turn
from annotation.models.user import User
from annotation.models.volume import Volume

__all__ = [
    "Arm",
    "Assignment",
    "AuditEvent",
    "AuditHead",
    "DraftSlice",
    "EngineSnapshot",
    "Event",
    "Label",
    "LogChange",
    "MaskRevision",
    "Membership",
    "Project",
    "Role",
    "Session",
    "Turn",
    "User",
    "Volume",
]
