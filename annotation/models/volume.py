"""Imported volumes; their voxels lie in the file store under ``key``."""

from __future__ import annotations

from django.db import models

from annotation.models.project import Project


class Volume(models.Model):
    """One annotatable image of a project.

    ``shape`` (z, y, x); ``affine`` 4x4 rows, voxel (z, y, x, 1) to LPS mm;
    ``digest`` sha256 of the stored voxels; ``source`` says where it came from
    (kind, study/series uid, SOP instance uids in slice order, file digests).
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="volumes"
    )
    name = models.CharField(max_length=200)
    key = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64)
    shape = models.JSONField()
    affine = models.JSONField()
    channels = models.PositiveSmallIntegerField(default=1)
    dtype = models.CharField(max_length=8)
    modality = models.CharField(max_length=16)
    window = models.JSONField()
    source = models.JSONField(default=dict)
    has_reference = models.BooleanField(default=False)
    reference_digest = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["project", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"], name="volume_name_once_per_project"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def shown_name(self) -> str:
        """What readers see: a name often holds patient or series text, so that in a
        blinded project it is a number that says nothing."""
        return f"Case {self.key[:6]}" if self.project.blinded else self.name
