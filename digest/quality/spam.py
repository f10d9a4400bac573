"""SpamAssassin's opinion, by the rules that it brings along: no network, no learning, one process for all mails."""

import re
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from digest.quality.finding import Finding
from digest.quality.mail import Mail
from digest.quality.missing import Missing

GET = "apt-get install spamassassin"
MOST_TOTAL, MOST_RULE = 0.5, 0.1  # points; a mail is spam from 5.0, and newsletters of ours come to 0.0
TIMEOUT_SECONDS = 300
_LINE = re.compile(r"^\s*(-?\d+\.\d)\s+([A-Z][A-Z0-9_]+)\s+(.*)$")
_SCORE = re.compile(r"([A-Z][A-Z0-9_]+)=(-?\d+(?:\.\d+)?)")


class Rule(NamedTuple):
    """One rule that a mail met."""

    name: str
    points: float
    description: str


def find() -> Path | Missing:
    """Return SpamAssassin's program."""
    program = shutil.which("spamassassin")
    return Path(program) if program else Missing("SpamAssassin", GET)


def check(program: Path, mails: Sequence[Mail]) -> list[Finding]:
    """Return one finding for each mail, in their order. Takes about 0.7 s to start and 0.1 to 0.5 s a mail."""
    return [judge(rules) for rules in assess(program, mails)]


def judge(rules: Sequence[Rule]) -> Finding:
    """Return what the rules come to. Rules in a mail's favour do not make up for others: the next filter has others."""
    against = [rule for rule in rules if round(rule.points, 1) > 0]
    total = sum(rule.points for rule in against)
    worst = max((rule.points for rule in against), default=0.0)
    detail = [f"{r.points:.1f} {r.name}: {r.description}" for r in sorted(against, key=lambda r: -r.points)]
    return Finding(
        name="spam",
        passed=total <= MOST_TOTAL and worst <= MOST_RULE,
        value=f"{total:.1f} points",
        limit=f"at most {MOST_TOTAL} points, no rule over {MOST_RULE}",
        detail="\n".join(detail),
    )


def assess(program: Path, mails: Sequence[Mail]) -> list[list[Rule]]:
    """Return the rules that each mail meets.

    Raises RuntimeError when SpamAssassin's answer is not one report for each mail.
    """
    if not mails:
        return []
    mark = f"digest-{secrets.token_hex(16)}"  # a mail cannot know it, so cannot bring a report of its own
    settings = [
        "use_bayes 0",
        "report_safe 0",
        "clear_report_template",
        f"report {mark}",
        "report _TESTSSCORES(;)_",
        "report _SUMMARY_",
        f"report {mark}",
    ]
    with TemporaryDirectory(prefix="digest-spam-") as folder:
        paths = [Path(folder) / f"{number}.eml" for number in range(len(mails))]
        for path, mail in zip(paths, mails, strict=True):
            path.write_bytes(mail.raw)
        # -L: no network. -t: report on every mail. -x: no preferences of the user, who may have other rules.
        command: list[str | Path] = [program, "-L", "-t", "-x", *(f"--cf={setting}" for setting in settings), *paths]
        surroundings = {"HOME": folder, "PATH": "/usr/bin:/bin", "LC_ALL": "C"}  # in English, and nothing left behind
        done = subprocess.run(command, env=surroundings, capture_output=True, timeout=TIMEOUT_SECONDS, check=False)
    reports = done.stdout.decode("utf-8", "replace").split(mark)[1::2]
    if len(reports) != len(mails):
        said = done.stderr.decode("utf-8", "replace").strip()[-500:]
        raise RuntimeError(
            f"SpamAssassin reported on {len(reports)} of {len(mails)} mails: {said or 'it says nothing'}"
        )
    return [rules_of(report) for report in reports]


def rules_of(report: str) -> list[Rule]:
    """Read a report: the line of exact points, `RULE=0.001;RULE=-1`, then the table with each rule's description."""
    scores, _, table = report.strip().partition("\n")
    descriptions: dict[str, str] = {}
    last = ""
    for line in table.splitlines():
        entry = _LINE.match(line)
        if entry:
            last = entry[2]
            descriptions[last] = entry[3].strip()
        elif last and line.startswith(" " * 20) and line.strip():  # a description that goes on
            descriptions[last] += " " + line.strip()
    return [Rule(name, float(points), descriptions.get(name, "")) for name, points in _SCORE.findall(scores)]
