"""Accessibility as axe-core sees it: no violation at phone and desktop width, in the light and the dark scheme."""

from importlib.resources import files
from typing import NamedTuple, TypedDict

from digest.quality.finding import Finding
from digest.quality.listing import counted
from digest.quality.mail import Mail
from digest.quality.pane import Pane, Scheme

LIMIT = "0 violations"
LISTED = 5  # elements named for each rule; a fault of the template repeats in every story


class Setting(NamedTuple):
    """One width in px and scheme in which axe looks."""

    width: int
    scheme: Scheme


class Node(TypedDict):
    """One element that breaks a rule, as scripts/axe.js names it."""

    selector: str
    html: str
    why: str


class Rule(TypedDict):
    """One broken rule, as scripts/axe.js names it."""

    id: str
    help: str
    nodes: list[Node]


# Both schemes at both widths: media queries can change colours and sizes, and what is hidden.
SETTINGS = (Setting(600, "light"), Setting(600, "dark"), Setting(320, "dark"), Setting(320, "light"))


def check(pane: Pane, mail: Mail) -> list[Finding]:
    """Return one finding for each width and scheme; undecided contrast stands in `detail` even when it passes."""
    return [_look(pane, mail, setting) for setting in SETTINGS]


def _look(pane: Pane, mail: Mail, setting: Setting) -> Finding:
    pane.show(mail.html, setting.width, setting.scheme)
    if not pane.page.evaluate("'axe' in globalThis"):
        pane.page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    result = pane.run("axe")
    violations, undecided = _nodes(result["violations"]), _nodes(result["incomplete"])
    value = counted(violations, "violation") + (f", {undecided} undecided" if undecided else "")
    detail = [_describe(rule, "") for rule in result["violations"]]
    detail += [_describe(rule, "undecided, look at it: ") for rule in result["incomplete"]]
    name = f"axe: {setting.width} px, {setting.scheme}"
    return Finding(name=name, passed=not violations, value=value, limit=LIMIT, detail="\n".join(detail))


def _nodes(rules: list[Rule]) -> int:
    return sum(len(rule["nodes"]) for rule in rules)


def _describe(rule: Rule, prefix: str) -> str:
    shown = [f"  {node['selector']}: {node['why']} {node['html']}" for node in rule["nodes"][:LISTED]]
    rest = len(rule["nodes"]) - LISTED
    more = [f"  and {rest} more of these"] if rest > 0 else []
    return "\n".join([f"{prefix}{rule['id']}: {rule['help']}", *shown, *more])
