"""What the doors beside the socket answer, and how they refuse."""

import hashlib
import json
from uuid import uuid4

import numpy as np
import pytest
from django.core.management import call_command
from django.urls import reverse

from annotation.models import DraftSlice, Event
from annotation.services.turn import turn_take
from inference_worker.contract.errors import StoreFailed
from inference_worker.contract.geometry import Region
from inference_worker.contract.wire import pack_mask
from tests.factories import SHAPE, AssignmentFactory, VolumeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(people):
    return people["reader"]


def check_shape(answer, status, code):
    assert answer.status_code == status
    body = answer.json()
    assert set(body) == {"code", "message", "extra"}
    assert body["code"] == code
    assert body["message"].endswith(".")


def test_me(client, reader):
    body = client.get("/api/me").json()
    assert body["username"] == reader.username
    assert body["pseudonym"] == reader.pseudonym
    assert body["leads"] == []


def test_the_worklist_lists_the_reader_s_own_cases(client, session, reader):
    AssignmentFactory(project=session.assignment.volume.project)
    (group,) = client.get("/api/worklist").json()["groups"]
    (row,) = group["assignments"]
    assert row["id"] == str(session.assignment.pk)
    assert row["session"] == str(session.pk)
    assert row["shape"] == session.assignment.volume.shape


def test_opening_a_case_answers_all_a_viewer_needs(client, reader):
    assignment = AssignmentFactory(reader=reader)
    answer = client.post(f"/api/assignments/{assignment.pk}/session", {}, format="json")
    body = answer.json()
    assert body["writable"]
    assert body["volume"]["shape"] == [4, 32, 48]
    assert body["volume"]["spacing"] == pytest.approx([2.5, 0.8, 0.8])
    assert len(body["volume"]["instances"]) == 4
    assert [label["name"] for label in body["labels"]] == ["liver", "pancreas"]
    assert "scribble" in body["engine"]["prompts"]
    again = client.post(f"/api/assignments/{assignment.pk}/session", format="json")
    assert again.json()["id"] == body["id"]


def test_a_lead_sees_the_session_and_that_it_is_not_theirs(people, session):
    answer = people["lead"].get(f"/api/sessions/{session.pk}")
    assert answer.json()["writable"] is False


def test_a_second_open_is_refused_where_asked_to(client, session):
    answer = client.post(
        f"/api/assignments/{session.assignment.pk}/session",
        {"resume": False},
        format="json",
    )
    check_shape(answer, 409, "session:already-open-elsewhere")
    assert answer.json()["extra"] == {"session": str(session.pk)}


def test_the_log_is_answered_as_it_is_stored(client, session, reader, sent):
    click = {"kind": "click", "label": 1, "voxel": [3, 2, 1]}
    turn = turn_take(user=reader, session_id=session.pk, id=uuid4(), prompts=[click])
    (row,) = client.get(f"/api/sessions/{session.pk}/turns").json()
    assert row == {
        "id": str(turn.pk),
        "seq": 1,
        "state": "active",
        "undone_at": None,
        "kind": "click",
        "slice": 3,
        "final": False,
        "error": None,
        "prompts": [click],
    }


def test_an_untouched_draft_is_empty(client, session):
    answer = client.get(f"/api/sessions/{session.pk}/draft")
    assert answer.json() == {"version": 0, "slices": [], "quality": {}}


def test_digests_are_of_the_stored_labels_and_only_of_new_ones(client, session):
    labels = np.zeros((2, *SHAPE[1:]), np.uint8)
    labels[1, 2:5, 3] = 2
    for index, mask in enumerate(labels):
        DraftSlice.objects.create(
            session=session,
            index=index,
            packed=pack_mask(Region.of_slice(index, SHAPE), mask[None]),
            version=index + 1,
        )
    address = f"/api/sessions/{session.pk}/digests"
    digests = [hashlib.sha256(mask.tobytes()).hexdigest() for mask in labels]
    found = client.get(address).json()
    assert found == {"version": 0, "digests": {"0": digests[0], "1": digests[1]}}
    assert client.get(address, {"since": 1}).json()["digests"] == {"1": digests[1]}
    assert client.get(address, {"since": "x"}).status_code == 400


EVENTS = [{"seq": 1, "t": 3.5, "kind": "unload", "data": {}}]


def test_events_come_as_json(client, session):
    tab = str(uuid4())
    answer = client.post(
        f"/api/sessions/{session.pk}/events",
        {"tab": tab, "events": EVENTS},
        format="json",
    )
    assert answer.json() == {"tab": tab, "seq": 1}


def test_events_come_as_a_form_with_the_token_in_a_field(client, session):
    client.credentials()
    answer = client.post(
        f"/api/sessions/{session.pk}/events",
        {
            "csrfmiddlewaretoken": "t" * 32,
            "tab": str(uuid4()),
            "events": json.dumps(EVENTS),
        },
        format="multipart",
    )
    assert answer.status_code == 200
    assert Event.objects.get().kind == "unload"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "message:malformed"),
        (b"\xff\xfe", 400, "message:malformed"),
        (b"[]", 400, "message:malformed"),
        (b'"text"', 400, "message:malformed"),
        (b'{"tab": NaN}', 400, "message:malformed"),
        (b'{"tab": "\\u0000", "events": []}', 400, "message:malformed"),
        (b"[" * 100_000, 400, "message:malformed"),
        (b'{"tab": "' + b"x" * (1 << 20) + b'"}', 413, "message:too-large"),
        (b"x" * (10 << 20), 413, "message:too-large"),
    ],
)
def test_a_bad_body_is_refused_in_the_one_shape(client, session, body, status, code):
    answer = client.post(
        f"/api/sessions/{session.pk}/events", body, content_type="application/json"
    )
    check_shape(answer, status, code)
    assert not Event.objects.exists()


def test_the_framework_s_refusals_have_the_one_shape(client, people, session):
    check_shape(client.delete("/api/me"), 405, "message:method-not-allowed")
    check_shape(client.get("/api/nowhere"), 404, "access:missing")
    check_shape(client.post("/api/nowhere"), 404, "access:missing")
    check_shape(people["nobody"].get("/api/me"), 401, "access:not-logged-in")
    check_shape(client.get(f"/api/sessions/{session.pk}x/draft"), 404, "access:missing")
    address = f"/api/assignments/{session.assignment.pk}/session"
    check_shape(
        client.post(address, "<a/>", content_type="text/xml"),
        415,
        "message:media-type",
    )
    check_shape(
        client.post(address, {"resume": "perhaps"}, format="json"),
        400,
        "message:invalid",
    )


def test_a_bug_is_answered_in_the_one_shape_and_logged(client, session, monkeypatch):
    def broken(**_):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("annotation.api.session.draft_read", broken)
    answer = client.get(f"/api/sessions/{session.pk}/draft")
    check_shape(answer, 500, "service:unexpected")
    assert b"secret" not in answer.content


def test_saving_and_submitting_answer_the_revision(client, session, file_store, sent):
    saved = client.post(f"/api/sessions/{session.pk}/save").json()
    assert (saved["number"], saved["submitted"]) == (1, False)
    done = client.post(f"/api/sessions/{session.pk}/submit").json()
    assert (done["number"], done["submitted"]) == (2, True)
    again = client.post(f"/api/sessions/{session.pk}/save")
    check_shape(again, 409, "session:submitted")


def test_a_full_disk_is_said_and_nothing_is_half_written(
    client, session, monkeypatch, file_store
):
    def full(*_):
        raise StoreFailed("disk-full", "The disk is full.", key="x")

    monkeypatch.setattr("annotation.storage.write_arrays", full)
    answer = client.post(f"/api/sessions/{session.pk}/save")
    check_shape(answer, 503, "store:disk-full")
    assert not session.revisions.exists()


def test_the_schema_is_complete_and_clean(client):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")
    assert reverse("session-open", args=[uuid4()]).startswith("/api/assignments/")
    body = client.get("/api/schema").content.decode()
    assert "/api/sessions/{session_id}/draft" in body


def test_listing_cases_takes_the_same_few_queries_for_many(
    client, reader, session, django_assert_max_num_queries
):
    for _ in range(5):
        volume = VolumeFactory(project=session.assignment.volume.project)
        AssignmentFactory(volume=volume, arm=session.assignment.arm, reader=reader)
    with django_assert_max_num_queries(5):
        client.get("/api/worklist")
