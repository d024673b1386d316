"""Exports: the masks asked for, explained and checked, in place whole or not at all."""

import errno
import io
import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from django.core.management import CommandError, call_command

from annotation import storage
from annotation.models import AuditEvent, DraftSlice, Session, Volume
from annotation.models.session import SessionState
from annotation.services import export as export_service
from annotation.services.export import MANIFEST, check_files, project_export
from inference_worker.contract.errors import ExportRefused, StoreFailed
from inference_worker.contract.geometry import Region
from inference_worker.contract.wire import pack_mask
from tests.annotation.exporting.saved import save, session_of
from tests.factories import AssignmentFactory, VolumeFactory

pytestmark = pytest.mark.django_db

RNG = np.random.default_rng(5)


@pytest.fixture
def volume(file_store: Path) -> Volume:
    return VolumeFactory(shape=[3, 4, 5], name="Case ü/1")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def labels() -> np.ndarray:
    return RNG.integers(0, 3, (3, 4, 5), dtype=np.uint8)


def manifest(out: Path) -> dict:
    return json.loads((out / MANIFEST).read_text())


def exported(out: Path) -> list[np.ndarray]:
    """Every mask of an export back in (z, y, x), in the manifest's order."""
    arrays = [nib.load(out / mask["file"]).dataobj for mask in manifest(out)["masks"]]
    return [np.asarray(array).transpose(2, 1, 0) for array in arrays]


def test_the_last_submitted_mask_of_every_assignment_is_exported(
    volume: Volume, out: Path
) -> None:
    submitted, saved = labels(), labels()
    first, second = session_of(volume), session_of(volume)
    save(first, labels(), submitted=False)
    save(first, submitted)
    save(second, saved, submitted=False)
    project_export(project=volume.project, out=out)
    (found,) = exported(out)
    assert np.array_equal(found, submitted)


def test_a_case_submitted_again_is_exported_as_it_was_last(
    volume: Volume, out: Path
) -> None:
    old = session_of(volume, state=SessionState.SUBMITTED)
    save(old, labels())
    new = Session.objects.create(assignment=old.assignment, engine="manual")
    last = labels()
    save(new, last)
    project_export(project=volume.project, out=out)
    (found,) = exported(out)
    assert np.array_equal(found, last)


def test_saved_masks_drafts_and_all_can_be_asked_for(
    volume: Volume, tmp_path: Path
) -> None:
    first, drafting = session_of(volume), session_of(volume)
    masks = [labels(), labels()]
    save(first, masks[0])
    save(first, masks[1], submitted=False)
    draft = labels()
    DraftSlice.objects.create(
        session=drafting,
        index=1,
        version=1,
        packed=pack_mask(Region.of_slice(1, (3, 4, 5)), draft[1:2]),
    )
    counts = {}
    for selection in ("submitted", "saved", "drafts", "all"):
        out = tmp_path / selection
        project_export(project=volume.project, out=out, selection=selection)
        counts[selection] = len(exported(out))
    assert counts == {"submitted": 1, "saved": 1, "drafts": 2, "all": 2}
    assert np.array_equal(exported(tmp_path / "saved")[0], masks[1])
    drafts = {
        m["revision"]: a
        for m, a in zip(
            manifest(tmp_path / "drafts")["masks"],
            exported(tmp_path / "drafts"),
            strict=True,
        )
    }
    assert np.array_equal(drafts[None][1], draft[1])
    assert not drafts[None][[0, 2]].any()


def test_the_manifest_says_what_every_mask_is(volume: Volume, out: Path) -> None:
    volume.source = {"kind": "dicom", "files": {"sha256": "f" * 64}, "sop_uids": ["1"]}
    volume.save()
    session = session_of(volume)
    mask = labels()
    revision = save(session, mask)
    project_export(project=volume.project, out=out)
    said = manifest(out)
    (entry,) = said["masks"]
    assert entry["reader"] == session.assignment.reader.pseudonym
    assert session.assignment.reader.username not in (out / MANIFEST).read_text()
    assert entry["revision"] == 1
    assert entry["stored_sha256"] == revision.digest
    assert entry["engine"] == session.engine
    assert entry["weights_digest"] == "w" * 64
    assert entry["carry_digest"] == "c" * 64
    assert entry["log_digest"] == "d" * 64
    assert entry["turns"] == 1
    assert entry["volume"]["digest"] == volume.digest
    assert entry["volume"]["source"] == {"kind": "dicom", "files": {"sha256": "f" * 64}}
    assert entry["voxels"] == {
        str(value): int((mask == value).sum()) for value in np.unique(mask)
    }
    assert entry["times"]["session"] == str(session.pk)
    assert {"user_s", "machine_s", "compute_s"} <= entry["times"].keys()
    assert said["time_rules"]["idle_after_s"] == 30.0
    assert [label["name"] for label in said["labels"]] == ["liver", "pancreas"]
    assert said["software"]["name"] == "slicewise"
    assert said["files"] == {entry["file"]: entry["sha256"]}
    assert storage.sha256_of(out / entry["file"]) == entry["sha256"]


def test_an_export_is_audited_with_its_manifest_s_digest(
    volume: Volume, out: Path
) -> None:
    session = session_of(volume)
    save(session, labels())
    export = project_export(
        project=volume.project, out=out, actor=session.assignment.reader
    )
    event = AuditEvent.objects.get(action="project:exported")
    assert event.data["manifest_sha256"] == storage.sha256_of(out / MANIFEST)
    assert event.data["manifest_sha256"] == export.manifest_sha256
    assert event.actor == session.assignment.reader


def test_names_that_agree_do_not_overwrite_one_another(
    volume: Volume, out: Path
) -> None:
    first = session_of(volume)
    assignment = AssignmentFactory(
        volume=volume,
        arm=first.assignment.arm,
        reader=first.assignment.reader,
        repeat=2,
    )
    again = Session.objects.create(assignment=assignment, engine="manual")
    for session in (first, again):
        save(session, labels(), submitted=False)
        save(session, labels())
    project_export(project=volume.project, out=out, selection="all")
    assert len({mask["file"] for mask in manifest(out)["masks"]}) == 4


def test_the_same_masks_give_the_same_files(volume: Volume, tmp_path: Path) -> None:
    save(session_of(volume), labels())
    for name in ("a", "b"):
        project_export(project=volume.project, out=tmp_path / name)
    assert manifest(tmp_path / "a")["files"] == manifest(tmp_path / "b")["files"]


def test_a_place_that_is_taken_is_refused(volume: Volume, out: Path) -> None:
    save(session_of(volume), labels())
    out.mkdir()
    project_export(project=volume.project, out=out)
    before = sorted(out.rglob("*"))
    with pytest.raises(ExportRefused) as refused:
        project_export(project=volume.project, out=out)
    assert refused.value.code == "export:not-empty"
    assert sorted(out.rglob("*")) == before


def nothing_left(out: Path) -> bool:
    beside = [path.name for path in out.parent.iterdir() if out.name in path.name]
    return beside == [] and not AuditEvent.objects.exists()


def test_nothing_to_export_is_said(volume: Volume, out: Path) -> None:
    session_of(volume)
    with pytest.raises(ExportRefused) as refused:
        project_export(project=volume.project, out=out)
    assert refused.value.code == "export:nothing"
    assert nothing_left(out)


def test_a_stored_mask_that_was_altered_stops_the_export(
    volume: Volume, out: Path, file_store: Path
) -> None:
    revision = save(session_of(volume), labels())
    (file_store / revision.key).write_bytes(b"other")
    with pytest.raises(StoreFailed) as refused:
        project_export(project=volume.project, out=out)
    assert refused.value.code == "store:altered"
    assert nothing_left(out)


def test_a_mask_of_another_shape_stops_the_export(volume: Volume, out: Path) -> None:
    save(session_of(volume), np.zeros((3, 4, 4)))
    with pytest.raises(StoreFailed) as refused:
        project_export(project=volume.project, out=out)
    assert refused.value.code == "store:altered"


@pytest.mark.parametrize("fault", ["voxel", "place"])
def test_a_file_that_reads_back_otherwise_stops_the_export(
    volume: Volume, out: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    right = export_service.write_nifti

    def wrong(path: Path, values: np.ndarray, affine: np.ndarray) -> None:
        values, affine = values.copy(), affine.copy()
        if fault == "voxel":
            values[0, 0, 0] += 1
        else:
            affine[0, 3] += 0.01
        right(path, values, affine)

    monkeypatch.setattr(export_service, "write_nifti", wrong)
    save(session_of(volume), labels())
    with pytest.raises(StoreFailed) as refused:
        project_export(project=volume.project, out=out)
    assert refused.value.code == "store:altered"
    assert nothing_left(out)


def test_a_full_disk_leaves_nothing(
    volume: Volume, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(export_service, "write_nifti", full)
    save(session_of(volume), labels())
    with pytest.raises(StoreFailed) as refused:
        project_export(project=volume.project, out=out)
    assert refused.value.code == "store:disk-full"
    assert nothing_left(out)


def test_checking_finds_a_changed_a_missing_and_an_added_file(
    volume: Volume, out: Path
) -> None:
    save(session_of(volume), labels())
    project_export(project=volume.project, out=out)
    check_files(out)
    added = out / "masks" / "extra.txt"
    added.write_text("more")
    with pytest.raises(StoreFailed, match=r"extra\.txt"):
        check_files(out)
    added.unlink()
    (path,) = out.rglob("*.nii.gz")
    path.write_bytes(path.read_bytes() + b"0")
    with pytest.raises(StoreFailed):
        check_files(out)
    path.unlink()
    with pytest.raises(StoreFailed):
        check_files(out)


def run(*options: str) -> str:
    said = io.StringIO()
    call_command("export", *options, stdout=said)
    return said.getvalue()


def test_the_command_exports_by_name_or_slug(volume: Volume, tmp_path: Path) -> None:
    session = session_of(volume)
    save(session, labels())
    project, reader = volume.project, session.assignment.reader
    said = run(
        str(tmp_path / "a"),
        f"--project={project.name}",
        "--format=nifti",
        f"--by={reader.username}",
    )
    assert said.startswith("1 masks in ")
    assert AuditEvent.objects.get().actor == reader
    run(str(tmp_path / "b"), f"--project={project.slug}", "--masks=all")
    assert len(exported(tmp_path / "b")) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--project=none"], "no project"),
        (["--by=nobody"], "no user nobody"),
        (["--idle-after=0"], "positive"),
        ([], "export:nothing"),
    ],
)
def test_the_command_says_what_is_wrong(
    volume: Volume, out: Path, options: list[str], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        run(
            str(out),
            *(options or []),
            *(
                []
                if "--project=none" in options
                else [f"--project={volume.project.slug}"]
            ),
        )
