import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from inference_worker import arithmetic
from inference_worker.arithmetic import arithmetic_of, set_threads


@pytest.fixture
def _threads_restored():
    before = torch.get_num_threads()
    with threadpool_limits():
        yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("_threads_restored")
@pytest.mark.parametrize("threads", [1, 2])
def test_the_libraries_below_numpy_and_scipy_take_no_more_threads_than_torch(threads):
    set_threads(threads)
    blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    assert {pool["num_threads"] for pool in blas} == {threads}
    assert torch.get_num_threads() == threads


def test_what_decides_the_last_bit_is_named(monkeypatch):
    named = arithmetic_of("cpu", 2)
    assert (named["device"], named["threads"]) == ("cpu", 2)
    assert named["instructions"] == torch.backends.cpu.get_cpu_capability()
    for fast, number in ((True, "bfloat16"), (False, "float32")):
        monkeypatch.setattr(arithmetic, "has_fast_bfloat16", lambda _, fast=fast: fast)
        assert arithmetic_of("cpu", 2)["number"] == number
