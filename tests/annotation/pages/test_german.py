"""The pages around the viewer speak the reader's language: English or German."""

from __future__ import annotations

import io
import re
from html import unescape
from pathlib import Path

import pytest
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from django.urls import reverse
from django.utils.translation import gettext, override
from django.utils.translation.template import templatize

from annotation.models import Role
from inference_worker.contract.catalog import ENGINES
from tests.factories import (
    AssignmentFactory,
    MembershipFactory,
    SessionFactory,
    UserFactory,
)

ANNOTATION = Path(__file__).parents[3] / "annotation"
CATALOGUE = ANNOTATION / "locale/de/LC_MESSAGES/django.po"
KEYWORDS = ("gettext", "gettext_lazy", "gettext_noop", "_")

pytestmark = pytest.mark.django_db


def texts_of_the_pages() -> set[str]:
    """Every text that a template, a page or an engine's title asks for."""
    sources = [
        *(templatize(p.read_text()) for p in ANNOTATION.glob("templates/**/*.html")),
        *(p.read_text() for p in ANNOTATION.glob("**/*.py")),
    ]
    found = set()
    for source in sources:
        stream = io.BytesIO(source.encode())
        for _, _, text, _ in extract_python(stream, KEYWORDS, [], {}):
            found.add(text[0] if isinstance(text, tuple) else text)
    titles = {spec.title for spec in ENGINES.values()}
    return {text for text in found if text} | titles


def catalogue() -> dict[str, str]:
    with CATALOGUE.open("rb") as source:
        read = read_po(source)
    return {str(entry.id): str(entry.string) for entry in read if entry.id}


def test_the_catalogue_has_every_text_and_nothing_else():
    german = catalogue()
    sources = {spec.source for spec in ENGINES.values()}
    assert texts_of_the_pages() - set(german) == set()
    assert set(german) - texts_of_the_pages() - sources == set()
    assert [text for text, said in german.items() if not said] == []


def test_german_keeps_the_places_for_values():
    for text, said in catalogue().items():
        places = re.compile(r"%\(\w+\)s")
        assert sorted(places.findall(text)) == sorted(places.findall(said)), text


def test_what_is_compiled_is_what_is_written():
    with override("de"):
        said = {text: gettext(text) for text in catalogue()}
    assert said == catalogue(), "make run and make test compile the catalogues"


def words(client, address, language="de-AT,de;q=0.9,en;q=0.8"):
    """The language a page says it is in, and every text on it."""
    answer = client.get(address, headers={"Accept-Language": language})
    page = answer.content.decode()
    language = re.search(r'<html lang="(\w+)"', page)
    assert language
    shown = re.sub(r"<(style|script).*?</\1>", "", page, flags=re.S)
    return language[1], {
        unescape(text).strip() for text in re.findall(r">([^<>]+)<", shown)
    }


def untranslated(shown):
    """Texts that stayed English although the catalogue has German for them."""
    return {text for text in shown if catalogue().get(text, text) != text}


@pytest.fixture
def lead():
    """Somebody with a case of their own, in a project they lead."""
    session = SessionFactory(assignment=AssignmentFactory(arm__engine="manual"))
    reader = session.assignment.reader
    project = session.assignment.volume.project
    MembershipFactory(user=reader, project=project, role=Role.LEAD)
    reader.led = project.slug
    return reader


def test_the_way_in_is_german(client):
    language, shown = words(client, reverse("login"))
    assert language == "de"
    assert {"Anmelden", "Benutzername", "Passwort"} <= shown
    assert untranslated(shown) == set()


def test_the_worklist_is_german(client, lead):
    client.force_login(lead)
    language, shown = words(client, reverse("worklist"))
    assert language == "de"
    assert {"Arbeitsliste", "0 von 1 abgegeben", "begonnen", "Von Hand"} <= shown
    assert "Projekte, die Sie leiten" in shown
    assert untranslated(shown) == set()


def test_an_empty_worklist_is_german(client):
    client.force_login(UserFactory())
    _, shown = words(client, reverse("worklist"))
    assert untranslated(shown) == set()
    assert any("noch kein Fall zugewiesen" in text for text in shown)


def test_a_project_is_german(client, lead):
    client.force_login(lead)
    language, shown = words(client, reverse("project", args=[lead.led]))
    assert language == "de"
    assert {"Modelle, die Leser benutzen dürfen", "Letzter Schritt"} <= shown
    assert untranslated(shown) == set()


def test_what_is_not_there_is_said_in_german(client, lead):
    client.force_login(lead)
    language, shown = words(client, "/nowhere/")
    assert language == "de"
    assert "Zurück zur Arbeitsliste" in shown
    assert untranslated(shown) == set()


def test_a_failure_of_ours_is_said_in_german(client, lead, monkeypatch):
    def fail(**_):
        raise RuntimeError("made to fail")

    monkeypatch.setattr("annotation.pages.views.worklist_rows", fail)
    client.raise_request_exception = False
    client.force_login(lead)
    _, shown = words(client, reverse("worklist"))
    assert any("Bei uns ist etwas kaputtgegangen" in text for text in shown)
    assert untranslated(shown) == set()


def test_others_are_spoken_to_in_english(client):
    language, shown = words(client, reverse("login"), language="fr")
    assert language == "en"
    assert "User name" in shown


def test_a_choice_goes_before_the_browser_s_language(client):
    client.cookies["django_language"] = "en"
    assert words(client, reverse("login"))[0] == "en"
