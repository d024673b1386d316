"""WADO-RS over HTTP: the stored voxels, for those who may see them."""

import gzip
from pathlib import Path

import numpy as np
import pytest
import zstandard
from django.test import Client
from pydicom.dataset import Dataset

from annotation.models import User, Volume
from annotation.services.assignment import assignment_open
from annotation.services.project import arm_open, project_open
from annotation.services.volume import volume_create
from annotation.standards.image import make_image
from annotation.standards.wado import instance_uids, series_uid, study_uid

pytestmark = pytest.mark.django_db

VOXELS = np.arange(3 * 4 * 5, dtype=np.int16).reshape(3, 4, 5) - 20


@pytest.fixture
def volume(file_store: Path) -> Volume:
    project = project_open(name="P", labels={"liver": 1})
    affine = np.diag([3.0, 0.7, 0.7, 1])[[2, 1, 0, 3]]
    image = make_image(VOXELS, affine, modality="CT", name="case")
    return volume_create(project=project, image=image)


@pytest.fixture
def reader(volume: Volume) -> User:
    user = User.objects.create_user(username="reader")
    arm = arm_open(project=volume.project, engine="geodesic")
    assignment_open(volume=volume, reader=user, arm=arm)
    return user


def address(volume: Volume, rest: str) -> str:
    key = volume.key
    return f"/wado/studies/{study_uid(key)}/series/{series_uid(key)}/{rest}"


def frame_address(volume: Volume, index: int) -> str:
    return address(volume, f"instances/{instance_uids(volume.key, 3)[index]}/frames/1")


def test_every_frame_is_the_stored_slice(
    client: Client, volume: Volume, reader: User
) -> None:
    client.force_login(reader)
    for index in range(3):
        answer = client.get(frame_address(volume, index))
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
        frame = np.frombuffer(answer.content, "<i2").reshape(4, 5)
        assert np.array_equal(frame, VOXELS[index])


def slices_address(volume: Volume, first: int, last: int) -> str:
    return address(volume, f"slices/{first}-{last}")


def test_neighbouring_slices_come_in_one_answer(
    client: Client, volume: Volume, reader: User
) -> None:
    client.force_login(reader)
    for first, last in ((0, 2), (1, 2), (1, 1)):
        answer = client.get(slices_address(volume, first, last))
        assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
        found = np.frombuffer(answer.content, "<i2").reshape(-1, 4, 5)
        assert np.array_equal(found, VOXELS[first : last + 1])
    for first, last in ((2, 1), (1, 3), (3, 3)):
        answer = client.get(slices_address(volume, first, last))
        assert (answer.status_code, answer.json()["code"]) == (404, "access:missing")


def test_more_slices_than_an_answer_holds_are_refused(
    client: Client, volume: Volume, reader: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotation.api.wado.MOST_BYTES", 2 * VOXELS[0].nbytes)
    client.force_login(reader)
    assert client.get(slices_address(volume, 0, 1)).status_code == 200
    answer = client.get(slices_address(volume, 0, 2))
    assert answer.status_code == 400
    assert answer.json()["code"] == "message:too-many-slices"
    assert answer.json()["extra"] == {"most": 2}
    # A single one is sent, however large it is.
    monkeypatch.setattr("annotation.api.wado.MOST_BYTES", 1)
    assert client.get(slices_address(volume, 2, 2)).status_code == 200


DECODERS = {"zstd": zstandard.decompress, "gzip": gzip.decompress, "": bytes}


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0, gzip;q=0.5", "gzip"),
        ("gzip;q=0.000, br", ""),
        ("", ""),
    ],
)
def test_what_is_sent_is_packed_as_the_client_reads_it(
    client: Client, volume: Volume, reader: User, accepted: str, coding: str
) -> None:
    client.force_login(reader)
    headers = {"accept-encoding": accepted}
    etags = set()
    for place in (frame_address(volume, 1), slices_address(volume, 1, 1)):
        answer = client.get(place, headers=headers)
        assert answer.get("Content-Encoding", "") == coding
        assert answer["Vary"].startswith("Cookie, Accept-Encoding")
        assert DECODERS[coding](answer.content) == VOXELS[1].tobytes()
        etags.add(answer["ETag"])
        again = client.get(place, headers={**headers, "if-none-match": answer["ETag"]})
        assert again.status_code == 304
        assert "Content-Encoding" not in again
    # The same bytes, so the same name; in another coding they are others.
    assert len(etags) == 1
    assert (coding or "plain") in etags.pop()


def test_the_metadata_names_the_frames(
    client: Client, volume: Volume, reader: User
) -> None:
    client.force_login(reader)
    answer = client.get(address(volume, "metadata"))
    assert answer["Content-Type"] == "application/dicom+json"
    instances = [Dataset.from_json(each) for each in answer.json()]
    assert [each.SOPInstanceUID for each in instances] == instance_uids(volume.key, 3)
    assert [float(each.ImagePositionPatient[2]) for each in instances] == [0, 3, 6]


def test_a_kept_answer_is_not_sent_again(
    client: Client, volume: Volume, reader: User
) -> None:
    client.force_login(reader)
    for place in (
        frame_address(volume, 1),
        slices_address(volume, 0, 1),
        address(volume, "metadata"),
    ):
        etag = client.get(place)["ETag"]
        again = client.get(place, headers={"if-none-match": etag})
        assert (again.status_code, again.content) == (304, b"")


def test_a_stranger_learns_nothing(client: Client, volume: Volume) -> None:
    places = (
        frame_address(volume, 0),
        slices_address(volume, 0, 1),
        address(volume, "metadata"),
    )
    assert [client.get(place).status_code for place in places] == [401, 401, 401]
    client.force_login(User.objects.create_user(username="stranger"))
    answers = [client.get(place) for place in places]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert {answer.json()["code"] for answer in answers} == {"access:missing"}


@pytest.mark.parametrize(
    ("study", "series", "instance"),
    [
        ("2.25.1", None, None),
        (None, "2.25.7", None),
        (None, "not-a-uid", None),
        (None, None, "2.25.9"),
    ],
)
def test_wrong_addresses_do_not_exist(
    client: Client,
    volume: Volume,
    reader: User,
    study: str | None,
    series: str | None,
    instance: str | None,
) -> None:
    client.force_login(reader)
    study = study or study_uid(volume.key)
    series = series or series_uid(volume.key)
    instance = instance or instance_uids(volume.key, 1)[0]
    place = f"/wado/studies/{study}/series/{series}/instances/{instance}/frames/1"
    answer = client.get(place)
    assert answer.status_code == 404
    assert answer.json()["code"] == "access:missing"


def test_a_volume_missing_from_the_store_is_our_fault(
    client: Client, volume: Volume, reader: User, file_store: Path
) -> None:
    client.force_login(reader)
    (file_store / "volumes" / volume.key / "voxels.npy").unlink()
    answer = client.get(frame_address(volume, 0))
    assert answer.status_code == 503
    assert answer.json()["code"] == "store:volume-missing"
