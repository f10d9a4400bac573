"""The wheel holds all that the job needs: built, installed without development packages, and run by itself."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import smtp_server
from tests.test_whole_job import READERS

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str | Path, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=cwd, env=environment, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_wheel_does_the_whole_job_by_itself(tmp_path: Path) -> None:
    wheels, environment, work = tmp_path / "wheels", tmp_path / "fresh", tmp_path / "work"
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", wheels, ROOT]
    run(*build, cwd=tmp_path)
    (wheel,) = wheels.glob("*.whl")
    run(sys.executable, "-m", "venv", environment, cwd=tmp_path)
    python = environment / "bin" / "python"
    uv = shutil.which("uv")
    install = [uv, "pip", "install", "-q", "--python", python] if uv else [python, "-m", "pip", "install", "-q"]
    run(*install, "--require-hashes", "-r", ROOT / "requirements" / "run.txt", cwd=tmp_path)
    run(*install, "--no-deps", wheel, cwd=tmp_path)
    work.mkdir()
    digest = environment / "bin" / "digest"

    demo = run(digest, "demo", "--no-serve", "--dir", work / "demo", cwd=work)
    run(digest, "init", cwd=work)
    with smtp_server.running(tmp_path / "inbox") as server:
        settings = (work / "digest.toml").read_text().replace("port = 587", f"port = {server.port}")
        settings = settings.replace('"starttls"', '"none"').replace(
            'postal_address = ""', 'postal_address = "1 Example St"'
        )
        (work / "digest.toml").write_text(settings)
        (work / "readers.csv").write_text(READERS)
        run(digest, "ingest", ROOT / "tests" / "data" / "articles", cwd=work)
        run(digest, "subscribers", "import", "readers.csv", cwd=work)
        newest = json.loads(run(digest, "articles", cwd=work).splitlines()[0])
        year = int(newest["published_at"][:4]) + 1
        settings = (work / "digest.toml").read_text().replace("window_days = 7 ", "window_days = 366 ")
        (work / "digest.toml").write_text(settings)
        planned = json.loads(run(digest, "plan", "weekly", "--now", f"{year}-01-01T00:00:00Z", "--json", cwd=work))
        counts = json.loads(run(digest, "send", "weekly", "--json", cwd=work))

    assert "issue" in demo.casefold() or "weekly" in demo.casefold()
    assert planned["deliveries"] == counts["accepted"] > 0
    installed = run(*([uv, "pip", "list", "--python", python] if uv else [python, "-m", "pip", "list"]), cwd=tmp_path)
    assert "pytest" not in installed
