"""Shapes of requests and answers, for validation and for the OpenAPI schema."""

from __future__ import annotations

from rest_framework import serializers


class ErrorSerializer(serializers.Serializer):
    """The one shape of an error; ``code`` is stable."""

    code = serializers.CharField()
    message = serializers.CharField()
    extra = serializers.DictField()


class MeSerializer(serializers.Serializer):
    """Who is logged in."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    name = serializers.CharField()
    pseudonym = serializers.CharField()
    administrator = serializers.BooleanField()
    leads = serializers.ListField(child=serializers.CharField())


class WorklistItemSerializer(serializers.Serializer):
    """One assignment of the reader's."""

    id = serializers.UUIDField()
    state = serializers.CharField()
    position = serializers.IntegerField()
    repeat = serializers.IntegerField()
    volume = serializers.CharField()
    modality = serializers.CharField()
    shape = serializers.ListField(child=serializers.IntegerField())
    arm = serializers.CharField()
    engine = serializers.CharField()
    session = serializers.UUIDField(allow_null=True)


class WorklistGroupSerializer(serializers.Serializer):
    """The cases of one project."""

    project = serializers.CharField()
    slug = serializers.CharField()
    assignments = WorklistItemSerializer(many=True)


class WorklistSerializer(serializers.Serializer):
    """The reader's cases by project, in their order."""

    groups = WorklistGroupSerializer(many=True)


class SessionOpenSerializer(serializers.Serializer):
    """``resume`` false: refuse to come back to a session that is open."""

    resume = serializers.BooleanField(default=True)


class LabelSerializer(serializers.Serializer):
    """One class of the project."""

    value = serializers.IntegerField()
    name = serializers.CharField()
    color = serializers.CharField()


class EngineSerializer(serializers.Serializer):
    """What the engine takes and does."""

    name = serializers.CharField()
    title = serializers.CharField()
    prompts = serializers.ListField(child=serializers.CharField())
    planar = serializers.BooleanField()
    any_plane = serializers.BooleanField()
    learns = serializers.BooleanField()


class VolumeSerializer(serializers.Serializer):
    """Geometry, display and source of the slices.

    ``affine`` maps voxel (z, y, x, 1) to an LPS point (x, y, z, 1) in mm; ``spacing``
    is mm along (z, y, x); ``instances`` are SOP instance UIDs by slice.
    """

    id = serializers.IntegerField()
    key = serializers.CharField()
    name = serializers.CharField()
    shape = serializers.ListField(child=serializers.IntegerField())
    affine = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField())
    )
    spacing = serializers.ListField(child=serializers.FloatField())
    modality = serializers.CharField()
    channels = serializers.IntegerField()
    window = serializers.ListField(child=serializers.FloatField())
    study = serializers.CharField()
    series = serializers.CharField()
    wado_root = serializers.CharField()
    instances = serializers.ListField(child=serializers.CharField())


class CompanionSerializer(VolumeSerializer):
    """Another series of the patient; ``same_frame``: its points are the volume's."""

    same_frame = serializers.BooleanField()


class SessionAssignmentSerializer(serializers.Serializer):
    """Which assignment a session belongs to."""

    id = serializers.UUIDField()
    state = serializers.CharField()
    arm = serializers.CharField()
    repeat = serializers.IntegerField()


class SessionProjectSerializer(serializers.Serializer):
    """Which project a session belongs to."""

    name = serializers.CharField()
    slug = serializers.CharField()


class SessionSerializer(serializers.Serializer):
    """Everything a viewer needs to begin."""

    id = serializers.UUIDField()
    state = serializers.CharField()
    writable = serializers.BooleanField()
    draft_version = serializers.IntegerField()
    opened_at = serializers.DateTimeField()
    revision = serializers.IntegerField()
    project = SessionProjectSerializer()
    assignment = SessionAssignmentSerializer()
    volume = VolumeSerializer()
    labels = LabelSerializer(many=True)
    engine = EngineSerializer()


class PackedSerializer(serializers.Serializer):
    """A packed mask; see ``inference_worker/contract/wire.py``."""

    start = serializers.ListField(child=serializers.IntegerField())
    stop = serializers.ListField(child=serializers.IntegerField())
    planes = serializers.IntegerField()
    data = serializers.CharField()


class DraftSerializer(serializers.Serializer):
    """The stored mask, one packed region per slice that has labels, and by slice
    how good the engine takes it to be, 0 to 1."""

    version = serializers.IntegerField()
    slices = PackedSerializer(many=True)
    quality = serializers.DictField(child=serializers.FloatField())


class InterpolationSerializer(serializers.Serializer):
    """The shape of a label on two slices, each a packed mask of one slice."""

    first = PackedSerializer()
    second = PackedSerializer()


class InterpolatedSerializer(serializers.Serializer):
    """Its shape on the slices between that it reaches, packed."""

    slices = PackedSerializer(many=True)


class DigestsSerializer(serializers.Serializer):
    """By slice, the sha256 of its stored labels: uint8, C order."""

    version = serializers.IntegerField()
    digests = serializers.DictField(child=serializers.CharField())


class SinceSerializer(serializers.Serializer):
    """From which version of the draft on; 0 for all of it."""

    since = serializers.IntegerField(min_value=0, default=0)


class TurnSerializer(serializers.Serializer):
    """One turn of the log; ``kind`` and ``slice`` are its first prompt's.

    ``undone_at`` is when it left the log, in epoch ms.
    """

    id = serializers.UUIDField()
    seq = serializers.IntegerField()
    state = serializers.CharField()
    undone_at = serializers.FloatField(allow_null=True)
    kind = serializers.CharField()
    slice = serializers.IntegerField()
    final = serializers.BooleanField()
    error = ErrorSerializer(allow_null=True)
    prompts = serializers.ListField(child=serializers.DictField())


class EventSerializer(serializers.Serializer):
    """One thing that happened in the browser; ``t`` is its monotonic clock in ms."""

    seq = serializers.IntegerField()
    t = serializers.FloatField()
    kind = serializers.CharField()
    data = serializers.DictField(required=False)


class EventsSerializer(serializers.Serializer):
    """Events of one page load; in a form, ``events`` is JSON text."""

    tab = serializers.UUIDField()
    events = EventSerializer(many=True)


class EventsTakenSerializer(serializers.Serializer):
    """Everything of ``tab`` up to ``seq`` in this request is stored."""

    tab = serializers.UUIDField()
    seq = serializers.IntegerField()


class RevisionSerializer(serializers.Serializer):
    """A saved mask; ``digest`` is the sha256 of its file."""

    number = serializers.IntegerField()
    submitted = serializers.BooleanField()
    digest = serializers.CharField()
    draft_version = serializers.IntegerField()
    log_digest = serializers.CharField(allow_blank=True)
    engine = serializers.CharField()
    weights_digest = serializers.CharField(allow_blank=True)
    saved_at = serializers.DateTimeField()
