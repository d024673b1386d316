"""The images and their services keep to the boundaries the checkout has."""

import re

import pytest
import yaml

from inference_worker.config import VARIABLES as WORKER_VARIABLES
from webapp.settings import env

IMAGES = {"slicewise-web": "docker/web.Dockerfile"}
IMAGES |= {"slicewise-worker": "docker/worker.Dockerfile"}


@pytest.fixture(scope="module")
def services() -> dict[str, dict]:
    text = (env.CHECKOUT / "docker-compose.yml").read_text()
    return yaml.safe_load(text)["services"]


def test_the_same_processes_run_as_under_the_supervisor(services):
    ours = {
        name: service["image"]
        for name, service in services.items()
        if service["image"] in IMAGES
    }
    assert ours == {
        "migrate": "slicewise-web",
        "web": "slicewise-web",
        "desk": "slicewise-web",
        "watch": "slicewise-web",
        "worker": "slicewise-worker",
        "worker-gpu": "slicewise-worker",
    }
    assert {"postgres", "valkey", "proxy"} <= services.keys()


def test_only_variables_that_somebody_reads_are_set(services):
    for service in services.values():
        if service["image"] == "slicewise-web":
            assert service["environment"].keys() <= env.VARIABLES.keys()
        if service["image"] == "slicewise-worker":
            assert service["environment"].keys() <= WORKER_VARIABLES.keys()


def test_workers_are_told_neither_the_database_nor_the_key(services):
    for service in services.values():
        if service["image"] == "slicewise-worker":
            assert not {"DATABASE_URL", "SECRET_KEY"} & service["environment"].keys()


def test_secrets_have_no_default(services):
    values = services["web"]["environment"]
    assert re.fullmatch(r"\$\{SECRET_KEY:\?.*\}", values["SECRET_KEY"])
    assert re.search(r"\$\{POSTGRES_PASSWORD:\?.*\}", values["DATABASE_URL"])


def test_the_proxy_alone_is_open_to_the_outside(services):
    assert [name for name in services if "ports" in services[name]] == ["proxy"]
    inside = [name for name in services if services[name]["networks"] == ["inside"]]
    assert set(inside) == services.keys() - {"proxy"}


def test_only_a_gpu_profile_asks_for_a_gpu(services):
    assert services["worker-gpu"]["profiles"] == ["gpu"]
    profiles = [name for name in services if "profiles" in services[name]]
    assert profiles == ["worker-gpu"]
    assert "deploy" not in services["worker"]


def test_our_containers_can_write_to_their_data_only(services):
    for service in services.values():
        if service["image"] in IMAGES:
            assert service["read_only"] is True
            assert service["cap_drop"] == ["ALL"]
            assert service["volumes"] == ["store:/data"]


@pytest.mark.parametrize("path", IMAGES.values())
def test_an_image_runs_as_an_ordinary_user_from_checked_packages(path):
    text = (env.CHECKOUT / path).read_text()
    users = re.findall(r"^USER (\S+)$", text, re.MULTILINE)
    assert users == ["10001"]
    assert "--require-hashes" in text
    assert "COPY . " not in text


def test_the_web_image_has_of_the_worker_the_contract_only():
    text = (env.CHECKOUT / IMAGES["slicewise-web"]).read_text()
    copied = re.findall(r"^COPY (inference_worker\S*)", text, re.MULTILINE)
    assert copied == ["inference_worker/__init__.py", "inference_worker/contract"]
    assert "torch" not in re.sub(r"#.*", "", text)
