"""Who may what, at every HTTP door and in every service behind the socket."""

from uuid import uuid4

import numpy as np
import pytest
from django.contrib.auth.models import AnonymousUser

from annotation.access import (
    access_assignment,
    access_project,
    access_session,
    access_volume,
)
from annotation.api.urls import urlpatterns
from annotation.models import Event, MaskRevision, Turn
from annotation.services import event, turn
from annotation.services import session as sessions
from inference_worker.contract.errors import AccessRefused
from inference_worker.contract.geometry import Region
from inference_worker.contract.wire import pack_mask
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

LOOKING = {"reader", "lead", "administrator", "superuser"}
EVERYBODY = LOOKING | {"annotator", "stranger"}

SLICES = {
    name: pack_mask(Region((z, 8, 8), (z + 1, 16, 16)), np.ones((1, 8, 8), bool))
    for name, z in (("first", 0), ("second", 3))
}
EVENTS = {"tab": str(uuid4()), "events": [{"seq": 1, "t": 0, "kind": "key"}]}

# name of the address: (method, who gets through, body)
DOORS = {
    "me": ("get", EVERYBODY, None),
    "api-worklist": ("get", EVERYBODY, None),
    "schema": ("get", EVERYBODY, None),
    "session-open": ("post", {"reader"}, {}),
    "session": ("get", LOOKING, None),
    "session-companions": ("get", LOOKING, None),
    "session-draft": ("get", LOOKING, None),
    "session-digests": ("get", LOOKING, None),
    "session-turns": ("get", LOOKING, None),
    "session-events": ("post", {"reader"}, EVENTS),
    "session-interpolation": ("post", {"reader"}, SLICES),
    "session-save": ("post", {"reader"}, {}),
    "session-submit": ("post", {"reader"}, {}),
}
PLACES = {
    "me": "/api/me",
    "api-worklist": "/api/worklist",
    "schema": "/api/schema",
    "session-open": "/api/assignments/{assignment}/session",
    "session": "/api/sessions/{session}",
    "session-companions": "/api/sessions/{session}/companions",
    "session-draft": "/api/sessions/{session}/draft",
    "session-digests": "/api/sessions/{session}/digests",
    "session-turns": "/api/sessions/{session}/turns",
    "session-events": "/api/sessions/{session}/events",
    "session-interpolation": "/api/sessions/{session}/interpolation",
    "session-save": "/api/sessions/{session}/save",
    "session-submit": "/api/sessions/{session}/submit",
}


def place(name, session):
    return PLACES[name].format(session=session.pk, assignment=session.assignment.pk)


def test_every_door_is_listed_here():
    names = {pattern.name for pattern in urlpatterns if pattern.name}
    assert names == set(DOORS) == set(PLACES)


@pytest.mark.parametrize("name", DOORS)
def test_only_those_who_may_get_through(name, session, people, file_store, sent):
    method, allowed, body = DOORS[name]
    for role, client in people.items():
        answer = getattr(client, method)(place(name, session), body, format="json")
        if role in allowed:
            assert answer.status_code == 200, (role, answer.content)
        elif role == "nobody":
            assert answer.status_code == 401
            assert answer.json()["code"] == "access:not-logged-in"
        elif role in LOOKING:
            assert answer.status_code in (403, 409), (role, answer.content)
        else:
            assert answer.status_code == 404, (role, answer.content)
            assert answer.json()["code"] == "access:missing"


@pytest.mark.parametrize("name", sorted(set(DOORS) - {"me", "api-worklist", "schema"}))
def test_what_is_not_yours_looks_like_what_does_not_exist(name, session, people):
    method, _, body = DOORS[name]
    stranger = getattr(people["stranger"], method)
    foreign = stranger(place(name, session), body, format="json")
    address = PLACES[name].format(session=uuid4(), assignment=uuid4())
    missing = stranger(address, body, format="json")
    assert (foreign.status_code, foreign.content) == (
        missing.status_code,
        missing.content,
    )


@pytest.mark.parametrize(
    "name", sorted(name for name, (method, *_) in DOORS.items() if method == "post")
)
def test_nothing_is_changed_without_the_csrf_token(name, session, people, file_store):
    client = people["reader"]
    client.credentials()
    answer = client.post(place(name, session), DOORS[name][2], format="json")
    assert answer.status_code == 403
    assert answer.json()["code"] == "access:forbidden"
    assert not Event.objects.exists()
    assert not MaskRevision.objects.exists()


WRITERS = {
    "turn_take": lambda **who: turn.turn_take(
        **who, id=uuid4(), prompts=[{"kind": "visit", "slice": 0}]
    ),
    "turn_undo": lambda **who: turn.turn_undo(**who, request=uuid4()),
    "turn_back": lambda **who: turn.turn_back(**who, turn_id=uuid4(), request=uuid4()),
    "turn_redo": lambda **who: turn.turn_redo(**who, request=uuid4()),
    "turn_remove": lambda **who: turn.turn_remove(
        **who, turn_id=uuid4(), request=uuid4()
    ),
    "turn_cancel": lambda **who: turn.turn_cancel(**who, turn_id=uuid4()),
    "event_record": lambda **who: event.event_record(**who, **EVENTS),
    "session_save": sessions.session_save,
    "session_submit": sessions.session_submit,
}


@pytest.mark.parametrize("name", WRITERS)
def test_no_service_writes_for_anybody_but_the_reader(name, session, lead, sent):
    for user, code in (
        (lead, "access:read-only"),
        (UserFactory(is_superuser=True), "access:read-only"),
        (UserFactory(), "access:missing"),
        (AnonymousUser(), "access:not-logged-in"),
    ):
        with pytest.raises(AccessRefused) as refusal:
            WRITERS[name](user=user, session_id=session.pk)
        assert refusal.value.code == code
    assert not Turn.objects.exists()
    assert not Event.objects.exists()
    assert not MaskRevision.objects.exists()


def test_a_reader_who_was_deactivated_is_out_at_once(session, reader):
    # The object is a socket's: hours old, and still says that it is active.
    type(reader).objects.filter(pk=reader.pk).update(is_active=False)
    with pytest.raises(AccessRefused):
        access_session(user=reader, id=session.pk)


def test_a_reader_leads_nothing(session, reader):
    with pytest.raises(AccessRefused):
        access_project(user=reader, slug=session.assignment.volume.project.slug)


def test_a_lead_of_another_project_sees_nothing_of_this_one(session):
    other = MembershipFactory().user
    volume = session.assignment.volume
    for access, given in (
        (access_project, {"slug": volume.project.slug}),
        (access_assignment, {"id": session.assignment.pk}),
        (access_session, {"id": session.pk}),
        (access_volume, {"key": volume.key}),
    ):
        with pytest.raises(AccessRefused) as refusal:
            access(user=other, **given)
        assert refusal.value.code == "access:missing"


def test_a_lead_s_looking_is_not_the_reader_s_writing(session, lead, reader):
    assert access_assignment(user=lead, id=session.assignment.pk)
    assert access_volume(user=lead, key=session.assignment.volume.key)
    assert access_volume(user=reader, key=session.assignment.volume.key)
    with pytest.raises(AccessRefused):
        access_assignment(user=lead, id=session.assignment.pk, write=True)
