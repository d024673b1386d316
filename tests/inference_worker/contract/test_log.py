"""A digest names a log and every prefix of it."""

from inference_worker.contract.log import EMPTY_LOG, extend_digest, prefix_digests

VISIT = {"id": "a", "seq": 1, "prompts": [{"kind": "visit", "slice": 0}]}
CLICK = {
    "id": "b",
    "seq": 2,
    "prompts": [{"kind": "click", "label": 1, "voxel": [0, 1, 2]}],
}


def test_a_longer_log_keeps_the_digests_of_its_prefixes():
    short = list(prefix_digests([VISIT]))
    assert list(prefix_digests([VISIT, CLICK]))[:1] == short


def test_order_ids_and_prompts_all_count():
    digests = {
        tuple(prefix_digests(turns))[-1]
        for turns in (
            [VISIT, CLICK],
            [CLICK, VISIT],
            [VISIT, CLICK | {"id": "c"}],
            [VISIT, CLICK | {"prompts": VISIT["prompts"]}],
        )
    }
    assert len(digests) == 4


def test_the_order_of_json_keys_does_not_count():
    prompts = [{"voxel": [0, 1, 2], "label": 1, "kind": "click"}]
    assert extend_digest(EMPTY_LOG, "b", prompts) == extend_digest(
        EMPTY_LOG, "b", CLICK["prompts"]
    )
