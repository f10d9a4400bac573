"""Taking in 10,000 and 100,000 readers from a CSV file, and with `--most 1000000` a million: seconds and memory.

What is measured is the whole command, `digest subscribers import`, into an SQLite database, and after that the same
file once more, of which nothing is new; then the same with `--dry-run`.
"""

import argparse
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import rows, sample, usage

FEW = (10_000, 100_000)
MOST_SECONDS = 60  # for a million
MOST_GROWTH = 1.2  # of memory, from the fewest readers to the most
DOMAINS = 20_000  # most readers share a few of them
FREQUENCIES = ("every_issue", "daily", "weekly", "monthly")
NAMES = (
    "Amara Okpalde",
    "Liesbet van der Moor",
    "Tomás Ferreirinha",
    "Yukari Hoshinobe",
    "Søren Ångström",
    "Ayşe Yılmaz",
)
COLUMNS = "email,name,categories,frequency,timezone,language,list\n"


def people(count: int) -> Iterator[str]:
    """Yield so many rows, no two of them about one person."""
    source = random.Random(count)
    for number in range(count):
        domain = f"mail{min(int(source.paretovariate(0.5)), DOMAINS)}.example.com"
        categories = ";".join(source.sample(sample.CATEGORIES, source.randrange(5)))
        name, frequency = source.choice(NAMES), source.choice(FREQUENCIES)
        email = f"reader.{source.getrandbits(40):x}.{number}@{domain}"
        yield f"{email},{name},{categories},{frequency},Europe/Paris,fr,readers\n"


def measure(count: int) -> dict[str, usage.Usage]:
    """Import so many readers three ways, print what each took, and return it by name."""
    with TemporaryDirectory(prefix="digest-bench-") as folder:
        file = Path(folder, "people.csv")
        with file.open("w", encoding="utf-8") as sheet:
            sheet.write(COLUMNS)
            sheet.writelines(people(count))
        digest = [sys.executable, "-m", "digest", "--config", f"{folder}/digest.toml"]
        usage.run([*digest[:3], "init", folder])
        command = [*digest, "subscribers", "import", str(file)]
        taken = {
            "dry run": usage.run([*command, "--dry-run"]),
            "import": usage.run(command),
            "again": usage.run(command),
        }
    for name, took in taken.items():
        print(
            f"  {count:>9,} readers, {name:<8} {took.seconds:>6.1f} s, {took.cpu_seconds:>6.1f} of processor, "
            f"{count / took.seconds:>7,.0f} a second, {took.peak_kib / 1024:>5.0f} MB",
            flush=True,
        )
    return taken


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--most", type=int, default=FEW[-1], help="readers of the last measurement")
    most = parser.parse_args().most
    print("taking readers in from a CSV file, into SQLite")
    taken = {count: measure(count) for count in sorted({*FEW, most})}
    seconds = taken[most]["import"].seconds * 1_000_000 / most
    rows.report(f"import of a million readers, from {most:,}", seconds, MOST_SECONDS, higher_is_better=False, unit="s")
    growth = taken[most]["import"].peak_kib / taken[FEW[0]]["import"].peak_kib
    rows.report(f"memory of an import, {most:,} against {FEW[0]:,}", growth, MOST_GROWTH, higher_is_better=False)
