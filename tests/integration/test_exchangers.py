"""Mail of a company's own domain: its exchangers tell the provider, and never stand in the way."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from time import monotonic

import pytest

from tests.support.certificates import Certificates
from tests.support.homes import Home
from tests.support.nameserver import name_server
from tests.support.namespaces import can_unshare
from tests.support.sink import serve
from traymail.core.account import Security
from traymail.core.provider import Endpoint
from traymail.senders import detect as detecting
from traymail.senders.detect import PATIENCE_SECONDS, Candidate, detect, exchangers_of

SHOP = "shop.example.com"
EXMAIL = {SHOP: [(10, "mxbiz2.qq.com"), (5, "mxbiz1.qq.com")]}


def test_exchangers_come_in_their_order() -> None:
    with name_server(EXMAIL) as server:
        assert exchangers_of(SHOP, server.address) == ("mxbiz1.qq.com", "mxbiz2.qq.com")
        assert exchangers_of("SHOP.example.com.", server.address)[0] == "mxbiz1.qq.com"
        assert server.asked == [f"{SHOP} 15"] * 2
        assert server.over_tcp == 0


def test_a_long_answer_comes_over_tcp() -> None:
    with name_server(EXMAIL, "too long") as server:
        assert exchangers_of(SHOP, server.address) == ("mxbiz1.qq.com", "mxbiz2.qq.com")
        assert server.over_tcp == 1


@pytest.mark.parametrize("says", ["refused", "fails", "garbage", "other", "loop", "silent"])
def test_whatever_is_wrong_with_the_answer_there_is_none(says: str) -> None:
    began = monotonic()
    with name_server(EXMAIL, says) as server:
        assert exchangers_of(SHOP, server.address) == ()
        assert server.asked
    assert monotonic() - began < PATIENCE_SECONDS + 2


def test_no_exchangers_and_no_such_domain() -> None:
    with name_server({SHOP: []}) as server:
        assert exchangers_of(SHOP, server.address) == ()
        assert exchangers_of("other.example.com", server.address) == ()


def test_nobody_listens() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = taken.getsockname()
    assert exchangers_of(SHOP, nobody) == ()


@pytest.mark.parametrize(
    "domain",
    [
        "localhost",
        "mail",
        "[127.0.0.1]",
        "nowhere.invalid",
        "x.test",
        "nas.local",
        "a.home.arpa",
        "",
    ],
)
def test_what_no_server_knows_is_not_asked(domain: str) -> None:
    with name_server({}) as server:
        assert exchangers_of(domain, server.address) == ()
        assert server.asked == []


@pytest.mark.parametrize(
    ("exchanger", "host", "port", "provider"),
    [
        ("mxbiz1.qq.com", "smtp.exmail.qq.com", 465, "exmail.qq"),
        ("qiye163mx01.mxmail.netease.com", "smtp.qiye.163.com", 994, "netease-qiye"),
        ("mx1.qiye.aliyun.com", "smtp.qiye.aliyun.com", 465, "aliyun-qiye"),
        ("aspmx.l.google.com", "smtp.gmail.com", 465, "gmail"),
        ("shop-example-com.mail.protection.outlook.com", "smtp.office365.com", 587, "office365"),
    ],
)
def test_a_domain_of_ones_own_is_found_by_its_exchanger(
    exchanger: str, host: str, port: int, provider: str
) -> None:
    with name_server({SHOP: [(5, exchanger)]}) as server:
        found = detect(f"li@{SHOP}", candidates=[], resolver=server.address)
    assert found is not None
    assert (found.host, found.port, found.username) == (host, port, f"li@{SHOP}")
    assert found.provider is not None
    assert found.provider.id == provider
    assert str(found.how) == f"{exchanger} takes in mail for {SHOP}: {found.provider.name}"


def test_the_table_is_asked_first() -> None:
    with name_server({"qq.com": [(5, "aspmx.l.google.com")]}) as server:
        found = detect("1@qq.com", resolver=server.address)
        assert (found and found.host, server.asked) == ("smtp.qq.com", [])


def test_an_exchanger_of_a_stranger_leads_nowhere_but_to_what_is_tried(
    certificates: Certificates,
) -> None:
    """A server of names that lies can name another provider, never a server of its own."""
    with (
        name_server({SHOP: [(1, "mail.evil.example.com")]}) as server,
        serve(certificates.good.server_context()) as sink,
    ):
        tried = [Candidate("localhost", Endpoint(sink.port, Security.TLS))]
        ca_file = str(certificates.ca_file)
        found = detect(f"li@{SHOP}", candidates=tried, ca_file=ca_file, resolver=server.address)
        assert found is not None
        assert (found.host, found.port, found.provider) == ("localhost", sink.port, None)
        assert detect(f"li@{SHOP}", candidates=[], resolver=server.address) is None


def test_the_provider_comes_before_a_server_that_answers(certificates: Certificates) -> None:
    with name_server(EXMAIL) as server, serve(certificates.good.server_context()) as sink:
        tried = [Candidate("localhost", Endpoint(sink.port, Security.TLS))]
        ca_file = str(certificates.ca_file)
        found = detect(f"li@{SHOP}", candidates=tried, ca_file=ca_file, resolver=server.address)
    assert found is not None
    assert found.host == "smtp.exmail.qq.com"


@pytest.mark.timeout(60)
def test_a_server_of_names_that_is_silent_hinders_nothing(certificates: Certificates) -> None:
    began = monotonic()
    with name_server(EXMAIL, "silent") as server, serve(certificates.good.server_context()) as sink:
        tried = [Candidate("localhost", Endpoint(sink.port, Security.TLS))]
        ca_file = str(certificates.ca_file)
        found = detect(f"li@{SHOP}", candidates=tried, ca_file=ca_file, resolver=server.address)
    assert found is not None
    assert found.port == sink.port
    assert monotonic() - began < detecting.DEADLINE_SECONDS


def test_no_command_that_asks_nobody_imports_the_library() -> None:
    seen = "import sys; import traymail.cli.account, traymail.cli.doctor, traymail.senders.detect;"
    seen += "sys.exit('dns' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", seen], check=False).returncode == 0


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or shutil.which("ip") is None,
    reason="no network of one's own here",
)
@pytest.mark.timeout(120)
def test_the_commands_ask_the_systems_server_of_names(home: Home) -> None:
    if not (can_unshare("--mount") and can_unshare("--net")):
        pytest.skip("no network and mounts of one's own here")

    def told(exchanger: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        alone = ["unshare", "--mount", "--net", sys.executable, "-m", "tests.support.nameserver"]
        command = [*alone, SHOP, exchanger, *home.command(*arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = told("mxbiz1.qq.com", "detect", f"li@{SHOP}", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["host"], found["port"], found["provider"]) == (
        "smtp.exmail.qq.com",
        465,
        "exmail.qq",
    )
    added = told("mxbiz1.qq.com", "account", "add", f"li@{SHOP}", "--no-secret", "--no-test")
    assert added.returncode == 0, added.stderr
    assert added.stdout == "Account exmail.qq is added: smtp.exmail.qq.com, port 465.\n"
    assert f"mxbiz1.qq.com takes in mail for {SHOP}: Tencent Exmail" in added.stderr
    nobody = told("", "detect", f"li@{SHOP}")
    assert (nobody.returncode, nobody.stdout) == (65, "")
