"""`doctor` tells of a Tk that draws letters without Xft."""

import subprocess
from pathlib import Path

from tests.support.display import Display
from tests.support.homes import Home
from tests.support.sink import serve

# Tk reads it when a program starts: here is how a Tk without Xft answers.
WITHOUT_XFT = "proc ::tk::pkgconfig {get what} { return x11 }\n"


def doctor(home: Home, env: dict[str, str], port: int) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        home.command("doctor", "--host", "127.0.0.1", "--port", str(port), "--security", "none"),
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_coarse_letters_are_told_with_the_way_out(
    desktop: Display, home: Home, tmp_path: Path
) -> None:
    with serve(security="none") as sink:
        fine = doctor(home, desktop.env, sink.port)
        assert (fine.returncode, fine.stderr) == (0, "")
        (tmp_path / ".Tk.tcl").write_text(WITHOUT_XFT)
        coarse = doctor(home, {**desktop.env, "HOME": str(tmp_path)}, sink.port)
        assert (coarse.returncode, coarse.stdout.count("\n")) == (0, fine.stdout.count("\n"))
        assert "coarse letters" in coarse.stderr
        assert "uv tool install --python /usr/bin/python3 traymail" in coarse.stderr
        without = {**desktop.env, "HOME": str(tmp_path), "DISPLAY": ""}
        assert doctor(home, without, sink.port).stderr == ""
