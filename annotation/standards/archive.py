"""Files packed or locked: zip archives are unpacked within limits, others named."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path, PurePosixPath

from annotation.standards.limits import PIECE, Limits
from inference_worker.contract.errors import ImportRefused

ZIP = b"PK\x03\x04"
ENCRYPTED_FLAG = 0x1
PACKED = (
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\0",
    b"\x28\xb5/\xfd",
)
LOCKED = (
    b"Salted__",
    b"-----BEGIN PGP MESSAGE",
    b"age-encryption.org",
    b"\x85\x02\x0c\x03",
)
# DER of 1.2.840.113549.1.7.3, enveloped data: the secure DICOM file of PS3.10 7.4.
ENVELOPED = bytes.fromhex("06092a864886f70d010703")
LOCKED_ENDINGS = (".gpg", ".pgp", ".enc", ".aes", ".age", ".p7m")


def is_zip(head: bytes) -> bool:
    """Whether a file begins like a zip archive."""
    return head.startswith(ZIP)


def check_open(path: Path, head: bytes) -> None:
    """Refuse files whose first bytes or name say that they are locked or packed.

    Raises
    ------
    ImportRefused
        ``import:encrypted``, ``import:archive``.
    """
    locked = head.startswith(LOCKED) or ENVELOPED in head[:64]
    if locked or path.suffix.lower() in LOCKED_ENDINGS:
        raise ImportRefused("encrypted", "It is encrypted; decrypt it first.")
    if head.startswith(PACKED):
        raise ImportRefused("archive", "It is packed; unpack it first.")


def unpack(path: Path, folder: Path, limits: Limits) -> None:
    """Unpack a zip archive below ``folder``, counting while it grows.

    Raises
    ------
    ImportRefused
        ``import:encrypted``, ``import:damaged``, ``import:too-large``,
        ``import:too-compressed``, ``import:too-many-files``.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            if len(members) > limits.files:
                raise ImportRefused(
                    "too-many-files",
                    f"It holds {len(members):,} files; {limits.files:,} are taken.",
                )
            room = limits.bytes
            for info in members:
                if info.flag_bits & ENCRYPTED_FLAG:
                    raise ImportRefused(
                        "encrypted", "It is locked by a password; unpack it first."
                    )
                room -= _unpack_member(archive, info, folder, room, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ImportRefused("damaged", f"It cannot be unpacked: {error}") from error


def _unpack_member(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    folder: Path,
    room: int,
    limits: Limits,
) -> int:
    """Write one member and return its bytes; the size it claims is not believed."""
    inside = [part for part in PurePosixPath(info.filename).parts if part not in "/.."]
    target = folder.joinpath(*inside)
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(info) as packed, target.open("wb") as file:
        while piece := packed.read(PIECE):
            written += len(piece)
            if written > room:
                raise ImportRefused(
                    "too-large", f"It unpacks to more than {limits.bytes:,} bytes."
                )
            limits.check_compression(info.compress_size, written)
            file.write(piece)
    return written
