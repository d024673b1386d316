"""Text from outside is read strictly, and only what the database can hold."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.wire import MESSAGE_BYTES_MAX, read_json, read_object, read_uuid
from inference_worker.contract.errors import MessageError

STORABLE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(min_size=1), inner),
)


@given(value=STORABLE)
def test_what_json_can_say_is_read_as_it_is(value):
    text = json.dumps(value)
    if "\\u0000" not in text and "\\ud" not in text:
        assert read_json(text) == value


def test_escaped_pairs_are_letters_and_pass():
    assert read_json('"\\ud83d\\ude00"') == "😀"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "NaN",
        "[Infinity]",
        "-Infinity",
        "1e999",
        "-1e999",
        '"\\u0000"',
        '{"\\u0000": 1}',
        '["a", {"b": "\\udfff"}]',
        "[" * 200_000,
        "1" * 5000,
    ],
)
def test_what_it_cannot_is_refused(text):
    with pytest.raises(MessageError) as refusal:
        read_json(text)
    assert refusal.value.code == "message:malformed"


@pytest.mark.parametrize("letter", ["x", "é"])
def test_size_is_counted_in_bytes(letter):
    within = letter * ((MESSAGE_BYTES_MAX - 2) // len(letter.encode()))
    assert read_json(f'"{within}"') == within
    with pytest.raises(MessageError) as refusal:
        read_json(f'"{within}xyz"')
    assert refusal.value.code == "message:too-large"


def test_objects_and_uuids():
    with pytest.raises(MessageError):
        read_object("[]")
    for value in (None, 5, "x", [], "0" * 31):
        with pytest.raises(MessageError):
            read_uuid(value, "id")
