"""Words follow the intervals."""

from inference_worker.evaluation.statistics import Estimate
from inference_worker.evaluation.verdicts import in_words, word_of


def test_an_interval_without_zero_says_which_way():
    changes = {
        "worse": Estimate(-0.2, -0.3, -0.1, 4),
        "better": Estimate(0.2, 0.1, 0.3, 4),
        "same": Estimate(0.0, -0.1, 0.1, 4),
        "also same": Estimate(0.1, -0.1, 0.3, 4),
        "alone": Estimate(0.4, None, None, 1),
    }
    assert [word_of(change) for change in changes.values()] == [
        "lower",
        "higher",
        "no difference shown",
        "no difference shown",
        "–",
    ]
    assert in_words(changes) == (
        "lower: “worse”; higher: “better”; no difference shown: “same”, “also same”"
    )


def test_without_an_interval_nothing_is_said():
    assert in_words({"alone": Estimate(0.4, None, None, 1)}) == ""
