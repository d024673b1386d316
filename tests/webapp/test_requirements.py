"""The locks hold what the lists ask for, and nothing of the machine that made them."""

import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from webapp.settings import env

PAIRS = ["requirements", "requirements-web", "requirements-worker"]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)


def wanted(name: str) -> list[Requirement]:
    found = []
    for line in (env.CHECKOUT / f"{name}.in").read_text().splitlines():
        if line.startswith("-r "):
            found += wanted(line.removeprefix("-r ").removesuffix(".in"))
        elif line and not line.startswith("#"):
            found.append(Requirement(line))
    return found


def locked(name: str) -> dict[str, str]:
    text = (env.CHECKOUT / f"{name}.lock").read_text()
    return {canonicalize_name(each): version for each, version in PINNED.findall(text)}


@pytest.mark.parametrize("name", PAIRS)
def test_the_lock_answers_its_list(name):
    versions = locked(name)
    for requirement in wanted(name):
        version = versions.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is not locked: run make lock"
        assert requirement.specifier.contains(version), f"{requirement}: {version}"


@pytest.mark.parametrize("name", PAIRS)
def test_the_lock_brings_neither_torch_nor_cuda(name):
    heavy = re.compile(r"^(nvidia|cuda|triton|torch)")
    assert [each for each in locked(name) if heavy.match(each)] == []


@pytest.mark.parametrize("name", PAIRS)
def test_the_lock_names_no_host_and_checks_every_package(name):
    text = (env.CHECKOUT / f"{name}.lock").read_text()
    assert "://" not in text
    assert "file:" not in text
    entries = text.replace("\\\n", " ").splitlines()
    unchecked = [each for each in entries if "==" in each and "--hash=" not in each]
    assert unchecked == []


def test_every_lock_takes_the_same_versions():
    everything = locked("requirements").items()
    for name in PAIRS[1:]:
        assert locked(name).items() <= everything
