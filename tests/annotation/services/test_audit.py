"""The chain holds, and every way of touching it shows."""

from io import StringIO

import pgtrigger
import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, ProgrammingError, connection, transaction
from django.test import Client

from annotation.models import AuditEvent, AuditHead
from annotation.services.audit import audit_digest, audit_faults, audit_record
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain():
    """Five events."""
    user = UserFactory()
    return [
        audit_record(
            actor=user, action="turn:taken", subject=f"turn:{n}", data={"seq": n}
        )
        for n in range(1, 6)
    ]


def reasons():
    return {fault.number: fault.reason for fault in audit_faults()}


def test_an_untouched_chain_verifies(chain):
    assert reasons() == {}
    out = StringIO()
    call_command("audit_verify", stdout=out)
    assert "5 audit events, unbroken" in out.getvalue()
    assert chain[-1].digest in out.getvalue()


def test_an_empty_chain_verifies():
    call_command("audit_verify", stdout=StringIO())


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE annotation_auditevent SET action = 'x'",
        "DELETE FROM annotation_auditevent",
        "TRUNCATE annotation_auditevent",
    ],
)
def test_the_database_refuses_to_touch_it(chain, sql):
    # Foreign keys are checked late, and PostgreSQL truncates nothing before.
    connection.check_constraints()
    with (
        pytest.raises((InternalError, ProgrammingError), match="Cannot"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


@pytest.mark.parametrize(
    "change",
    [
        {"action": "turn:undo"},
        {"subject": "turn:9"},
        {"data": {"seq": 9}},
        {"actor": None},
        {"at": "2020-01-01T00:00:00Z"},
    ],
)
def test_a_changed_event_is_found(chain, change):
    with pgtrigger.ignore():
        AuditEvent.objects.filter(pk=chain[2].pk).update(**change)
    assert "was changed" in reasons()[3]
    err = StringIO()
    with pytest.raises(CommandError, match="1 faults"):
        call_command("audit_verify", stdout=StringIO(), stderr=err)
    assert "event 3" in err.getvalue()


def test_a_changed_event_with_a_new_digest_breaks_the_next(chain):
    event = chain[2]
    event.data = {"seq": 9}
    with pgtrigger.ignore():
        AuditEvent.objects.filter(pk=event.pk).update(
            data=event.data, digest=audit_digest(event=event)
        )
    assert reasons() == {4: "does not follow from the event before it"}


def test_a_removed_event_is_found(chain):
    with pgtrigger.ignore():
        AuditEvent.objects.filter(pk=chain[1].pk).delete()
    assert "missing" in reasons()[2]


def test_a_removed_last_event_is_found(chain):
    with pgtrigger.ignore():
        AuditEvent.objects.filter(pk=chain[-1].pk).delete()
    assert "removed" in reasons()[5]


def test_an_added_event_is_found(chain):
    false = AuditEvent(
        number=6,
        at=chain[-1].at,
        action="turn:taken",
        subject="turn:6",
        previous=chain[-1].digest,
    )
    false.digest = audit_digest(event=false)
    false.save()
    assert "added" in reasons()[6]


def test_a_rolled_back_deed_leaves_no_event_and_no_gap(chain):
    with transaction.atomic():
        audit_record(actor=None, action="turn:taken", subject="turn:6")
        transaction.set_rollback(True)
    audit_record(actor=None, action="turn:taken", subject="turn:7")
    assert reasons() == {}
    assert AuditHead.objects.get().number == 6


def test_floats_are_refused():
    with pytest.raises(TypeError, match=r"0\.5"):
        audit_record(
            actor=None, action="x:y", subject="z:1", data={"deep": [{"f": 0.5}]}
        )


def test_logging_in_and_out_and_failing_to_are_recorded(client: Client):
    user = UserFactory(username="ada", password="secret-word")
    client.login(username="ada", password="wrong")
    client.login(username="ada", password="secret-word")
    client.logout()
    events = AuditEvent.objects.values_list("action", "actor", "subject")
    assert list(events) == [
        ("user:login-refused", None, "name:ada"),
        ("user:logged-in", user.pk, f"user:{user.pk}"),
        ("user:logged-out", user.pk, f"user:{user.pk}"),
    ]
    assert reasons() == {}
