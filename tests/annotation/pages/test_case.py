"""The page of a case asks ahead for what its script will want first."""

import re

import numpy as np
import pytest
from django.urls import reverse

from annotation.selectors.session import session_detail
from tests.factories import AssignmentFactory, SessionFactory, store_volume

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _built(monkeypatch):
    """Whether the viewer has been built is none of this page's business."""
    monkeypatch.setattr(
        "annotation.pages.views.viewer_bundle",
        lambda: {"script": "viewer.js", "styles": (), "preloads": ()},
    )


def test_what_is_asked_ahead_is_what_the_viewer_asks_for(client):
    assignment = AssignmentFactory()
    volume = store_volume(assignment.volume, np.zeros((5, 8, 8), dtype=np.int16))
    session = SessionFactory(assignment=assignment)
    client.force_login(assignment.reader)
    page = client.get(reverse("case", args=[assignment.pk])).content.decode()
    ahead = re.findall(r'rel="preload" as="fetch" crossorigin href="([^"]+)"', page)
    told = session_detail(session=session, writable=True)["volume"]
    series = f"{told['wado_root']}/studies/{told['study']}/series/{told['series']}"
    assert ahead == [
        f"{series}/metadata",
        f"{series}/instances/{told['instances'][2]}/frames/1",
    ]
    assert volume.shape == [5, 8, 8]
    assert [client.get(address).status_code for address in ahead] == [200, 200]
