"""The steps to a release: what they check and write, and the workflow files that run them."""

import base64
import json
import os
import re
import shlex
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from zipfile import ZipFile

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.specifiers import SpecifierSet
from ruamel.yaml import YAML

import bootstrap
from installer import bill, release
from installer.__main__ import PACKAGES
from tests.support.certificates import Certificates
from traymail import __version__

ROOT = bootstrap.ROOT
PROJECT = ROOT / "pyproject.toml"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# So that a container that has nothing can run bootstrap.py.
PREPARES = "apt-get update && apt-get install --yes --no-install-recommends "


# --- Changelog, version and tag -----------------------------------------------------------------

GOOD = "# Changelog\n\n## [0.2.0] - 2026-12-01\n\n- new\n\n## [0.1.0] - 2026-11-01\n\n- first\n"
WAITING = GOOD.replace("## [0.2.0]", "## [Unreleased]\n\n- more\n\n## [0.2.0]")


def test_changelog_version_and_tag_of_this_checkout_agree() -> None:
    tags = subprocess.run(
        ["git", "tag", "--points-at", "HEAD", "v*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    changelog = release.CHANGELOG.read_text("utf-8")
    for tag in (None, *tags):
        assert release.troubles(changelog, __version__, tag) == []


@pytest.mark.parametrize(
    ("changelog", "version", "tag"),
    [
        (GOOD, "0.2.0", "v0.2.0"),
        (GOOD, "0.2.0", None),
        (GOOD, "0.3.0", None),
        (WAITING, "0.2.0", None),
        (WAITING.replace("\n- more\n", ""), "0.2.0", "v0.2.0"),
        ("## [Unreleased]\n\n- first\n", "0.1.0", None),
    ],
)
def test_what_agrees(changelog: str, version: str, tag: str | None) -> None:
    assert release.troubles(changelog, version, tag) == []


@pytest.mark.parametrize(
    ("changelog", "version", "tag", "trouble"),
    [
        (GOOD, "0.2.0", "v0.2.1", "The tag v0.2.1 is not that of the version: v0.2.0"),
        (GOOD, "0.2.0", "0.2.0", "The tag 0.2.0 is not that of the version: v0.2.0"),
        (GOOD, "0.3.0", "v0.3.0", "The changelog has nothing under [0.3.0]"),
        (GOOD, "0.1.0", None, "The changelog has 0.2.0, the version is but 0.1.0"),
        (WAITING, "0.2.0", "v0.2.0", "The changelog still has something under [Unreleased]"),
        (GOOD.replace("0.1.0", "0.3.0"), "0.3.0", None, "The versions in the changelog do not go"),
        (GOOD.replace("-01\n", "-31\n"), "0.2.0", None, "The changelog's [0.1.0] is no version"),
        (GOOD.replace(" - 2026-12-01", ""), "0.2.0", None, "The changelog's [0.2.0] is no version"),
        (f"{GOOD}## [Unreleased]\n", "0.2.0", None, "[Unreleased] does not stand first"),
        (GOOD, "0.2", None, "The version 0.2 in traymail/__init__.py is not like 1.2.3"),
    ],
)
def test_what_does_not_agree(changelog: str, version: str, tag: str | None, trouble: str) -> None:
    found = release.troubles(changelog, version, tag)
    assert [one for one in found if one.startswith(trouble)], found


def _release(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "installer.release", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_commands_say_what_is_wrong() -> None:
    assert _release().returncode == 64
    assert "release check [TAG]" in _release("chekc").stderr
    wrong = _release("check", "v99.0.0")
    assert wrong.returncode == 65
    assert "The tag v99.0.0 is not that of the version" in wrong.stderr
    assert "Traceback" not in wrong.stderr
    assert (_release("publish", "somewhere").returncode, _release("page").returncode) == (65, 65)


def test_every_command_is_told_of() -> None:
    for name in release.COMMANDS:
        assert f"bootstrap.py release {name} " in release.USAGE
    assert _release("check").stdout == f"Changelog, version agree: {__version__}\n"
    assert _release("notes").stdout.startswith(("###", "- ", "There"))


# --- What it consists of ------------------------------------------------------------------------


def test_the_bill_of_materials_is_one() -> None:
    made = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
    found = bill.parts()
    written = bill.sbom(found, made)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(written) is None
    assert bill.sbom(found, made) == written
    told = json.loads(written)
    names = {one["name"] for one in told["components"]}
    # What is needed, and by what is needed; none of the tools that test or build.
    assert {"click", "keyring", "pillow", "attrs", "six", "CPython"} <= names
    assert not {"pytest", "ruff", "zizmor", "uv", "pip", "babel"} & names
    known = {one["bom-ref"] for one in told["components"]}
    needs = {one["ref"]: one["dependsOn"] for one in told["dependencies"]}
    assert f"pkg:pypi/traymail@{__version__}" in needs
    assert all(set(those) <= known for those in needs.values())


def test_every_part_has_its_licence() -> None:
    found = bill.parts()
    assert [one.name for one in found if not one.licence or not one.texts] == []
    listed = bill.licences(found)
    assert listed.startswith(f"traymail {__version__} ")
    assert "Permission is hereby granted" in listed
    assert len(bill.requirements(found).splitlines()) == len(found) - 1


# --- Known holes --------------------------------------------------------------------------------


@dataclass
class Advisories:
    """A database of holes, of the kind that https://google.github.io/osv.dev/post-v1-query/ tells.

    It is asked for one package in one version at a time.
    """

    holes: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What is known, by the names of the packages."""
    status: int = 200
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = asked["package"]["name"]
        self.asked.append((name, asked["version"]))
        return {"vulns": [self.holes[name]]} if name in self.holes else {}


@pytest.fixture
def advisories(monkeypatch: pytest.MonkeyPatch) -> Iterator[Advisories]:
    known = Advisories()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps(known.answer(asked)).encode()
            self.send_response(known.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    monkeypatch.setenv("PIP_AUDIT_VULNERABILITY_SERVICE", "osv")
    monkeypatch.setenv("PIP_AUDIT_OSV_URL", f"http://127.0.0.1:{server.server_port}/v1/query")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield known
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_it_is_asked_for_holes_in_all_that_is_needed(
    advisories: Advisories, capfd: pytest.CaptureFixture[str]
) -> None:
    assert release.main(["audit"]) == 0
    told = capfd.readouterr()
    assert "No known vulnerabilities found" in told.out + told.err
    needed = [(one.name, one.version) for one in bill.parts()[1:]]
    assert sorted(advisories.asked) == sorted(needed)
    assert len(needed) > 20


def test_a_known_hole_is_told_and_stops_the_release(
    advisories: Advisories, capfd: pytest.CaptureFixture[str]
) -> None:
    version = next(one.version for one in bill.parts() if one.name == "pillow")
    affected = {
        "package": {"name": "pillow", "ecosystem": "PyPI"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.1"}]}],
    }
    advisories.holes["pillow"] = {
        "id": "PYSEC-2026-99",
        "summary": "A picture can run a program",
        "affected": [affected],
    }
    assert release.main(["audit"]) == 1
    told = capfd.readouterr()
    assert "Found 1 known vulnerability in 1 package" in told.err
    [line] = [line for line in told.out.splitlines() if "PYSEC-2026-99" in line]
    assert line.split()[:4] == ["pillow", version, "PYSEC-2026-99", "99.1"]


def test_nobody_to_ask_is_no_good_news(
    advisories: Advisories, capfd: pytest.CaptureFixture[str]
) -> None:
    advisories.status = 503
    assert release.main(["audit"]) != 0
    assert "No known" not in "".join(capfd.readouterr())
    assert advisories.asked


def test_offline_nobody_is_asked(advisories: Advisories, capfd: pytest.CaptureFixture[str]) -> None:
    assert release.main(["audit", "--offline"]) == 0
    assert "Nobody was asked about holes" in capfd.readouterr().out
    assert advisories.asked == []


# --- Publishing ---------------------------------------------------------------------------------


@dataclass
class Forge:
    """An index, and the forge that vouches for who publishes there."""

    uploads: list[tuple[str, EmailMessage]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    server: ThreadingHTTPServer | None = None

    @property
    def address(self) -> str:
        assert self.server is not None
        return f"https://localhost:{self.server.server_port}"


@pytest.fixture
def forge(certificates: Certificates) -> Iterator[Forge]:
    seen = Forge()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self, document: object, status: int = 200) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            answers = {"/token": {"value": "a.b.c"}, "/_/oidc/audience": {"audience": "here"}}
            self._answer(answers.get(path, {}), 200 if path in answers else 404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/legacy/":
                head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
                form = message_from_bytes(head + body, policy=default)
                seen.uploads.append((self.headers["Authorization"], form))
            else:
                seen.asked.append((self.path.rpartition("/")[2], json.loads(body)))
            self._answer({"success": True, "token": "for-a-while"})

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = certificates.good.server_context().wrap_socket(server.socket, server_side=True)
    seen.server = server
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_it_is_published_without_a_secret(
    forge: Forge, certificates: Certificates, tmp_path: Path
) -> None:
    """The whole way of a trusted publisher, with an index and a forge on this machine."""
    files = _packages(tmp_path)
    index = release.Index(f"{forge.address}/legacy/", f"{forge.address}/simple/")
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("UV_")},
        "GITHUB_ACTIONS": "true",
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{forge.address}/token?of=run",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "asks",
        "SSL_CERT_FILE": str(certificates.ca_file),
        "NO_PROXY": "localhost",
    }
    done = subprocess.run(
        release.upload(index, files), env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = "Basic " + base64.b64encode(b"__token__:for-a-while").decode()
    assert {authorization for authorization, _ in forge.uploads} == {told}
    sent = {}
    for _, form in forge.uploads:
        for part in form.iter_parts():
            if part.get_filename():
                sent[part.get_filename()] = part.get_payload(decode=True)
    assert sent == {file.name: file.read_bytes() for file in files}
    # The token is worth nothing afterwards.
    asked = [("mint-token", {"token": "a.b.c"}), ("burn-token", {"token": "for-a-while"})]
    assert forge.asked == asked


def _packages(folder: Path) -> list[Path]:
    """Make a wheel and an archive that hold what an index reads of them."""
    name = f"traymail-{__version__}"
    facts = f"Metadata-Version: 2.1\nName: traymail\nVersion: {__version__}\n"
    wheel = folder / f"{name}-py3-none-any.whl"
    with ZipFile(wheel, "w") as packed:
        packed.writestr(f"{name}.dist-info/METADATA", facts)
    (folder / "PKG-INFO").write_text(facts)
    source = folder / f"{name}.tar.gz"
    with tarfile.open(source, "w:gz") as archive:
        archive.add(folder / "PKG-INFO", f"{name}/PKG-INFO")
    return [wheel, source]


# --- The forge's page ---------------------------------------------------------------------------

# Stands for the forge's own program: tells its words, one in each line, and ends as it is told.
_GH = """#!/bin/sh
printf '%s\\n' "$@"
exit "${GH_ENDS_WITH:-0}"
"""
_OF_A_RELEASE = (
    "traymail-{}-py3-none-any.whl",
    "traymail-{}.tar.gz",
    "traymail_{}_amd64.deb",
    "traymail-{}-setup.exe",
    "traymail-{}-linux-x86_64.cdx.json",
    "traymail-{}-windows-amd64.cdx.json",
    "traymail-{}-licences-linux-x86_64.txt",
    "traymail-{}-licences-windows-amd64.txt",
)


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dist/ with all of a release, and with what is of another one."""
    folder = tmp_path / "dist"
    folder.mkdir()
    for name in _OF_A_RELEASE:
        for version in (__version__, "99.0.0"):
            (folder / name.format(version)).touch()
    (folder / "man").mkdir()
    monkeypatch.setattr(release, "DIST", folder)
    return folder


@pytest.fixture
def gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "programs" / "gh"
    program.parent.mkdir()
    program.write_text(_GH)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)


@pytest.mark.usefixtures("gh")
def test_the_page_has_all_packages_of_this_version_and_what_is_new(
    dist: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert release.main(["notes"]) == 0
    notes = capfd.readouterr().out.strip()
    tag = f"v{__version__}"
    assert release.main(["page", tag]) == 0
    told = capfd.readouterr().out
    begin, end = told.split(f"--notes\n{notes}\n")
    assert begin.split() == [
        *("release", "create", tag, "--verify-tag", "--title", __version__),
    ]
    named = [str(dist / name.format(__version__)) for name in _OF_A_RELEASE]
    assert end.splitlines() == named
    assert release.main(["page", tag, "--dry-run"]) == 0
    shown = shlex.split(capfd.readouterr().out)
    assert shown == ["gh", *begin.split(), "--notes", notes, *named]


@pytest.mark.usefixtures("dist", "gh")
def test_a_page_that_the_forge_refuses_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GH_ENDS_WITH", "4")
    assert release.main(["page", f"v{__version__}"]) == 4


@pytest.mark.usefixtures("gh")
@pytest.mark.parametrize(
    "kind", [".whl", ".tar.gz", ".deb", "-setup.exe", ".cdx.json", "-licences-*.txt"]
)
def test_no_page_is_made_while_a_package_is_missing(
    dist: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    for file in dist.glob(f"*{__version__}*{kind}"):
        file.unlink()
    assert release.main(["page", f"v{__version__}"]) == 65
    told = capfd.readouterr()
    assert told.out == ""
    assert re.fullmatch(r"Not in dist/, and to be built first: (\S+)\n", told.err)
    assert kind in told.err


@pytest.mark.usefixtures("dist")
def test_without_the_forges_program_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert release.main(["page", f"v{__version__}"]) == 65
    assert capfd.readouterr().err == "Not here, and to be installed first: gh\n"


# --- The workflow files -------------------------------------------------------------------------


def _jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in WORKFLOWS:
        for name, job in YAML(typ="safe").load(file.read_text("utf-8"))["jobs"].items():
            yield f"{file.stem}: {name}", job


def _steps() -> Iterator[dict[str, Any]]:
    for _, job in _jobs():
        yield from job.get("steps", ())


def test_the_workflows_are_what_the_forge_reads() -> None:
    command = [sys.executable, "-m", "check_jsonschema"]
    command += ["--builtin-schema", "vendor.github-workflows", *map(str, WORKFLOWS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_workflows_are_safe() -> None:
    command = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--no-progress"]
    command += ["--min-severity", "medium", *map(str, WORKFLOWS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_each_step_is_a_command_that_runs_anywhere() -> None:
    ran = []
    for step in _steps():
        if "run" not in step:
            continue
        line: str = step["run"]
        if line.startswith(PREPARES):
            assert line.removeprefix(PREPARES).split() == ["ca-certificates", "git", "python3"]
            continue
        python, script, command, *arguments = shlex.split(line)
        assert python in {"python", "python3"}
        assert (script, "\n" in line) == ("bootstrap.py", False)
        assert f"python3 bootstrap.py {command} " in bootstrap.USAGE
        if command == "release":
            assert arguments[0] in release.COMMANDS
        ran.append(" ".join([command, *arguments[:2]]))
    assert "test --require-desktop" in ran
    # What `test` leaves out unless it is asked for.
    assert {f"test {option} --require-desktop" for option in bootstrap.RUNS_APART} <= set(ran)
    assert {f"release {name}" for name in release.COMMANDS} - {"release notes"} <= {
        " ".join(line.split()[:2]) for line in ran
    }
    assert "package all" in ran


_DRY = {"audit": "--offline", "publish": "--dry-run", "page": "--dry-run"}
"""How the steps that take a network are tried without."""


@pytest.mark.usefixtures("dist", "gh")
def test_each_step_of_a_release_runs_here(capfd: pytest.CaptureFixture[str]) -> None:
    tag = f"v{__version__}"
    ran = set()
    for line in _lines("release"):
        name, *arguments = (tag if word == "$TAG" else word for word in line)
        option = _DRY.get(name, "")
        if option:
            assert re.search(rf"release {name}.*\[{option}\]", release.USAGE)
        if name == "check":  # the tag is made when the changelog is
            arguments = []
        assert release.main([name, *arguments, *filter(None, [option])]) == 0
        assert capfd.readouterr().out
        ran.add(name)
    assert ran == {*release.COMMANDS} - {"notes"}


def test_each_step_that_tests_or_builds_finds_what_it_names() -> None:
    for names in _lines("package"):
        assert set(names) <= {"all", *(package.name for package in PACKAGES)}
    for arguments in _lines("test"):
        for run in bootstrap.pytest_runs(arguments):
            if all(word.startswith("--") for word in run):
                continue  # all tests, of which this is one
            command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *run]
            command += ["-p", "no:cacheprovider"]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout
            assert re.search(r"^\d+ tests collected", done.stdout, re.M)


def _lines(command: str) -> list[list[str]]:
    """Return the words after a command of bootstrap.py in each step that runs it."""
    lines = (shlex.split(step.get("run", "")) for step in _steps())
    return [words[3:] for words in lines if words[1:3] == ["bootstrap.py", command]]


def test_what_is_tested_and_told_is_so_on_each_system() -> None:
    jobs = dict(_jobs())
    for name, command in (("test: quick", "test --fast"), ("release: bills", "release sbom")):
        job = jobs[name]
        assert f"python bootstrap.py {command}" in [step.get("run") for step in job["steps"]]
        systems = {system.partition("-")[0] for system in job["strategy"]["matrix"]["system"]}
        assert (systems, job["runs-on"]) == ({"ubuntu", "windows", "macos"}, "${{ matrix.system }}")
    quick = jobs["test: quick"]["strategy"]["matrix"]
    pythons = {*quick["python"], *(one["python"] for one in quick["include"])}
    [project] = re.findall(r"requires-python = .(.+?).$", PROJECT.read_text("utf-8"), re.M)
    minors = range(8, 30)
    wanted = {f"3.{minor}" for minor in minors if f"3.{minor}" in SpecifierSet(project)}
    assert pythons == wanted


def test_each_action_is_pinned_by_its_content() -> None:
    words = "\n".join(file.read_text("utf-8") for file in WORKFLOWS)
    used = re.findall(r"uses: (\S+)(.*)", words)
    assert len(used) > 5
    versions: dict[str, set[tuple[str, str]]] = {}
    for action, comment in used:
        if action.startswith("./"):
            assert (ROOT / action).is_file()
            continue
        name, _, commit = action.partition("@")
        assert re.fullmatch(r"[0-9a-f]{40}", commit), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action
        versions.setdefault(name, set()).add((commit, comment))
    assert all(len(each) == 1 for each in versions.values())


def test_nothing_is_published_by_itself() -> None:
    """By hand, behind an environment, after the test index; the others may only read."""
    for name, job in _jobs():
        rights = job["permissions"]
        publishes = [step for step in job.get("steps", ()) if "publish" in step.get("run", "")]
        if publishes:
            assert job["environment"] in release.INDEXES
            assert publishes[0]["run"].endswith(f"release publish {job['environment']}")
            assert rights["id-token"] == "write"
        else:
            assert set(rights.items()) == {("contents", "read")}, name
    file = ROOT / ".github" / "workflows" / "release.yml"
    workflow = YAML(typ="safe").load(file.read_text("utf-8"))
    assert list(workflow["on"]) == ["workflow_dispatch"]
    jobs = workflow["jobs"]
    assert jobs["real-index"]["needs"] == "test-index"
    assert jobs["real-index"]["if"] == "inputs.index == 'real'"
    assert jobs["test-index"]["needs"] == ["packages", "bills"]
