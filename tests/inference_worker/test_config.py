"""A worker is told everything by its environment, and refuses what it cannot use."""

from pathlib import Path

import pytest

from inference_worker.config import VARIABLES, WorkerConfig, broker_url

LEAST = {"REDIS_URL": "redis://localhost:6379/2", "SLICEWISE_DATA": "data"}


def test_two_addresses_are_enough():
    config = WorkerConfig.from_environment(LEAST)
    assert config.broker_url == LEAST["REDIS_URL"]
    assert config.data == Path("data")
    assert config.worker
    assert config.threads >= 1


def test_every_variable_is_read():
    asked = set()

    class Environment(dict):
        def get(self, name, default=None):
            asked.add(name)
            return super().get(name, default)

    WorkerConfig.from_environment(Environment(LEAST))
    assert asked == set(VARIABLES)


def test_what_is_set_is_taken():
    config = WorkerConfig.from_environment(
        {
            **LEAST,
            "SLICEWISE_WORKER": "one",
            "OMP_NUM_THREADS": "3",
            "SLICEWISE_SESSIONS_MB": "2",
            "SLICEWISE_CHECK_VOLUMES": "0",
            "SLICEWISE_WARM": "continual=ct-abdomen, geodesic",
        }
    )
    assert (config.worker, config.threads) == ("one", 3)
    assert config.sessions_bytes_max == 2 << 20
    assert not config.check_volumes
    assert config.warm == (("continual", "ct-abdomen"), ("geodesic", None))


def test_its_own_threads_go_before_those_of_openmp():
    given = {**LEAST, "OMP_NUM_THREADS": "3", "SLICEWISE_THREADS": "2"}
    assert WorkerConfig.from_environment(given).threads == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", ""),
        ("SLICEWISE_DATA", ""),
        ("SLICEWISE_THREADS", "many"),
        ("SLICEWISE_SESSIONS", "0"),
    ],
)
def test_a_wrong_variable_is_named(name, value):
    with pytest.raises(ValueError, match=name):
        WorkerConfig.from_environment({**LEAST, name: value})


def test_a_socket_is_written_as_kombu_writes_it():
    assert broker_url("unix:///run/v.sock?db=3") == (
        "redis+socket:///run/v.sock?virtual_host=3"
    )
    assert broker_url("unix:///run/v.sock") == (
        "redis+socket:///run/v.sock?virtual_host=0"
    )
