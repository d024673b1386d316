import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from inference_worker.arithmetic import set_threads


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
