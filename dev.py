"""Everything a contributor runs, with nothing but Python's standard library: `python3 dev.py COMMAND`.

demo   the whole job on sample data, then the studio and the caught mail in the browser
test   every test; `test fast` leaves out the slow ones; further words go to pytest
lint   formatting, lint, types, architecture
check  what CI runs: lint, then every test
bench  the benchmarks and a table of every goal, in ten to twelve minutes; `bench growth kill` are those at full length
docs   the generated reference in docs/, rewritten
words  the catalogues of the languages, brought up to date with the sources; `words sv` makes a new one
lock   the hash-locked requirements, resolved anew from pyproject.toml (needs uv)
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed"
RUN, DEV = ROOT / "requirements" / "run.txt", ROOT / "requirements" / "dev.txt"
SECOND_OPINIONS = ROOT / "tests" / "second_opinions"
EXIM = ROOT / ".parts" / "exim"
EXIM_PACKAGES = ("exim4-daemon-light", "exim4-base")
EXIM_LIBRARIES = {  # Debian package -> what of it Exim needs; others come with every system
    "libdb5.3": "/usr/lib/*/libdb-5.3.so",
    "libgnutls-dane0": "/usr/lib/*/libgnutls-dane.so.0",
    "libidn12": "/usr/lib/*/libidn.so.12",
    "libnsl2": "/usr/lib/*/libnsl.so.2",
}
EXIM_USER = "Debian-exim"  # built into Debian's program: it starts for nobody else
NODE_PROGRAMS = ("node", "npm")  # wherever they come from: Debian's do, and others
PEERS = ROOT / "bench" / "peers"
BENCHMARKS = {  # modules of bench/, and how to shorten those that take very long when all are run
    "compose": (),
    "dkim": (),
    "send": (),
    "latency": (),
    "cpu": (),
    "growth": ("--most", "100000"),
    "kill": ("--kills", "60"),
    "disasters": (),
    "ingest": (),
    "importing": (),
    "oneclick": (),
    "stories": (),
    "planning": (),
    "pictures": (),
}
IN_FULL = (
    "growth with a million deliveries and kill with 1,000 kills take 25 minutes: `python3 dev.py bench growth kill`"
)
NEEDING_POSTFIX = {"send", "latency", "cpu", "growth"}
SYSTEM_PARTS = {  # what the slow tests need: Debian package -> where it lies when it is there
    "postgresql": "/usr/lib/postgresql/*/bin/postgres",
    "chromium": "/usr/bin/chromium",
    "curl": "/usr/bin/curl",
    "fonts-liberation": "/usr/share/fonts/truetype/liberation*",
    "fonts-noto-core": "/usr/share/fonts/truetype/noto/NotoSansArabic-*",
    "fonts-noto-cjk": "/usr/share/fonts/opentype/noto/NotoSansCJK-*",
    "postfix": "/usr/sbin/postfix",
    "spamassassin": "/usr/bin/spamassassin",
}


def run(*command: object, **options: object) -> None:
    """Run a command and stop with its exit code when it fails."""
    code = subprocess.run([str(word) for word in command], cwd=ROOT, **options).returncode  # noqa: PLW1510
    if code:
        sys.exit(code)


def administrator() -> list[str] | None:
    """Return the words that run a command as root without a question, or None where that is not allowed."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], check=False).returncode == 0:
        return ["sudo", "-n"]
    return None


def install_system_packages(*packages: str) -> bool:
    """Install Debian packages where this user may; say what to type where not. True when they are there."""
    root = administrator()
    if shutil.which("apt-get") is None or root is None:
        print(
            f"missing here: {' '.join(packages)} (on Debian: apt-get install {' '.join(packages)})",
            file=sys.stderr,
        )
        return False
    quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
    subprocess.run([*root, "apt-get", "update", "-qq"], check=False, **quiet)
    install = [*root, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    if subprocess.run(install, check=False, **quiet).returncode:
        print(f"could not be installed: {' '.join(packages)}", file=sys.stderr)
        return False
    return True


def absent(parts: dict[str, str]) -> list[str]:
    """Return the packages of whose files none is there."""
    return [name for name, path in parts.items() if not any(Path("/").glob(path.lstrip("/")))]


def ensure_system_parts() -> None:
    """Install the servers and the browser that the slow tests use, as far as this user may."""
    if missing := absent(SYSTEM_PARTS):
        install_system_packages(*missing)
    ensure_exim()


def ensure_exim() -> None:
    """Unpack Debian's Exim beside its Postfix, which it could not be installed beside; say so where that cannot be."""
    root, apt = administrator(), shutil.which("apt-get")
    if (EXIM / "usr/sbin/exim4").exists() and is_user(EXIM_USER):
        return
    if apt is None or root is None:
        print("missing here: exim4-daemon-light (unpacked from Debian's package, as root)", file=sys.stderr)
        return
    if missing := absent(EXIM_LIBRARIES):
        install_system_packages(*missing)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)  # apt fetches as a user of its own
        if subprocess.run([apt, "download", "-qq", *EXIM_PACKAGES], cwd=folder, check=False).returncode:
            print("Exim could not be fetched: the tests that need it will say so", file=sys.stderr)
            return
        EXIM.mkdir(parents=True, exist_ok=True)
        for package in Path(folder).glob("*.deb"):
            run("dpkg-deb", "--extract", package, EXIM)
    if not is_user(EXIM_USER):  # as Debian's package would make it
        nobody = ["--system", "--user-group", "--no-create-home", "--home-dir", "/var/spool/exim4"]
        run(*root, "useradd", *nobody, "--shell", "/usr/sbin/nologin", EXIM_USER)


def is_user(name: str) -> bool:
    """Tell whether this system knows a user of that name."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def ensure_second_opinions() -> None:
    """Install what judges our mails beside our own checks: html-validate and mjml."""
    ensure_node_packages(SECOND_OPINIONS)


def ensure_peers() -> None:
    """Install what the benchmarks of delivery need and compare with: postfix's tools and nodemailer."""
    if missing := absent({"postfix": SYSTEM_PARTS["postfix"]}):
        install_system_packages(*missing)
    ensure_node_packages(PEERS)


def ensure_node_packages(folder: Path) -> None:
    """Install what a folder's package-lock.json names; say so where that cannot be."""
    if not all(map(shutil.which, NODE_PROGRAMS)) and not install_system_packages("nodejs", "npm"):
        return
    lock, installed, name = folder / "package-lock.json", folder / "node_modules", folder.relative_to(ROOT)
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    print(f"installing the packages of {name} …", file=sys.stderr)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    if subprocess.run(["npm", "ci", *options], cwd=folder, check=False).returncode:
        print(f"the packages of {name} could not be installed: what needs them will say so", file=sys.stderr)
        return
    installed.touch()


def create_venv() -> None:
    """Make `.venv`; Debian ships `python3` without the part that this needs, so install that first."""
    if importlib.util.find_spec("ensurepip") is None and not install_system_packages("python3-venv"):
        sys.exit("python3 cannot make virtual environments here: install your system's python3-venv, then try again")
    run(sys.executable, "-m", "venv", "--clear", VENV)


def ensure_environment(lock: Path) -> None:
    """Make `.venv` hold exactly the locked packages and this project; do nothing when it already does."""
    want = {
        path.stem: hashlib.sha256(path.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
        for path in (RUN, DEV)
    }
    installed = STAMP.read_text().split() if STAMP.exists() and PYTHON.exists() else []
    if want[lock.stem] in installed:
        return
    if not PYTHON.exists():
        create_venv()
    print(f"installing {lock.stem} requirements into .venv …", file=sys.stderr)
    uv = shutil.which("uv")
    pip = [uv, "pip", "install", "-q", "--python", PYTHON] if uv else [PYTHON, "-m", "pip", "install", "-q"]
    run(*pip, "--require-hashes", "-r", lock)
    run(*pip, "--no-deps", "--no-build-isolation", "-e", ROOT)
    STAMP.write_text("\n".join(want.values() if lock == DEV else [want["run"]]))


def replace_process(*command: object) -> None:
    """Become the command, so that signals and the terminal are its own."""
    words = [str(word) for word in command]
    sys.stdout.flush()
    os.execv(words[0], words)


def lint() -> None:
    """Check formatting, lint, types and the architecture's contracts."""
    ensure_environment(DEV)
    run(PYTHON, "-m", "ruff", "format", "--check", ".")
    run(PYTHON, "-m", "ruff", "check", ".")
    run(PYTHON, "-m", "mypy")
    run(VENV / "bin" / "lint-imports", "--no-cache")


def test(*words: str) -> None:
    """Run the tests: the fast ones when the first word is `fast`, else all with every real part they need."""
    ensure_environment(DEV)
    if words[:1] == ("fast",):
        replace_process(PYTHON, "-m", "pytest", "-q", "-m", "not slow", *words[1:])
    ensure_system_parts()
    ensure_second_opinions()
    ensure_peers()
    replace_process(PYTHON, "-m", "pytest", *words)


def check() -> None:
    """Run what CI runs."""
    lint()
    test()


def demo(*words: str) -> None:
    """Show the whole job on the packaged sample data."""
    ensure_environment(RUN)
    replace_process(PYTHON, "-m", "digest", "demo", *words)


def bench(*words: str) -> None:
    """Run the benchmarks named at full length, or all, some shortened; then print every goal in one table.

    One that fails keeps no other from running; the exit code is 1 then.
    """
    if unknown := set(words) - set(BENCHMARKS):
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    ensure_environment(DEV)
    chosen = {name: () for name in words} or BENCHMARKS
    if NEEDING_POSTFIX & set(chosen):
        ensure_peers()
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.jsonl"
        rows.touch()
        failed = [name for name, options in chosen.items() if not completes(name, *options, rows=rows)]
        print()
        run(PYTHON, ROOT / "bench" / "table.py", rows)
    if not words:
        print(IN_FULL)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def completes(name: str, *options: str, rows: Path) -> bool:
    """Run one benchmark, which adds to the file of rows; tell whether it came to its end."""
    command = [str(PYTHON), str(ROOT / "bench" / f"{name}.py"), *options]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "BENCH_ROWS": str(rows)}, check=False).returncode == 0


def docs() -> None:
    """Write the reference pages that are generated from the code."""
    ensure_environment(DEV)
    run(PYTHON, ROOT / "docs" / "generate.py")


def update_catalogues(*languages: str) -> None:
    """Bring the catalogues up to date with the words in the sources, and make those of the languages named."""
    ensure_environment(DEV)
    run(PYTHON, ROOT / "tools" / "words.py", *languages)


def lock() -> None:
    """Resolve the requirements of pyproject.toml anew, with hashes."""
    groups = {RUN: ["build"], DEV: ["build", "dev"]}
    for path, names in groups.items():
        chosen = [word for name in names for word in ("--group", name)]
        options = [
            "--universal",
            "--python-version",
            "3.11",
            "--generate-hashes",
            "--no-header",
            "--no-annotate",
        ]
        run("uv", "pip", "compile", "-q", *options, *chosen, "pyproject.toml", "-o", path)


def main() -> None:
    """Run the command named on the command line."""
    commands = {
        "demo": demo,
        "test": test,
        "lint": lint,
        "check": check,
        "bench": bench,
        "docs": docs,
        "words": update_catalogues,
        "lock": lock,
    }
    name, words = (sys.argv[1] if len(sys.argv) > 1 else ""), sys.argv[2:]
    if name not in commands:
        sys.exit(__doc__)
    commands[name](*words)


if __name__ == "__main__":
    main()
