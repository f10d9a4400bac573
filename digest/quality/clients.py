"""How much of what a mail uses each named client supports, by caniemail's data: its values, and not only its names."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from digest.quality import caniemail, page
from digest.quality.caniemail import Support
from digest.quality.caveats import ENHANCEMENTS, bites
from digest.quality.finding import Finding, of_faults
from digest.quality.mail import Mail
from digest.quality.usage import Use, uses

LEAST_SHARE = 99.0  # percent
PARTIAL = 0.5  # what a use earns whose caveat bites
SHOWN = 4


@dataclass(frozen=True, slots=True)
class Loss:
    """A use that a client does not show as written."""

    use: Use
    client: str
    is_unsupported: bool
    why: str


def check(mail: Mail) -> list[Finding]:
    """Score every client, and name what any of them does not know at all."""
    data = caniemail.load()
    scored = [use for use in uses(mail.html) if use.slug in data.features and use.slug not in ENHANCEMENTS]
    losses = [loss for use in scored for loss in _losses(use, data.features[use.slug])]
    tested = Counter(
        client for use in scored for client, one in data.features[use.slug].clients.items() if one.state != "u"
    )
    by_client: dict[str, list[Loss]] = defaultdict(list)
    for loss in losses:
        by_client[loss.client].append(loss)
    findings = [_client(client, tested[client], by_client[client]) for client in data.clients]
    return [*findings, _unsupported([loss for loss in losses if loss.is_unsupported])]


def _losses(use: Use, feature: caniemail.Feature) -> list[Loss]:
    return [
        Loss(use, client, support.state == "n", why)
        for client, support in feature.clients.items()
        if (why := _why(use, support, feature)) is not None
    ]


def _why(use: Use, support: Support, feature: caniemail.Feature) -> str | None:
    """Return why a client does not show this use as written; None where it does, or where nobody knows."""
    if support.state in ("y", "u"):
        return None
    if not support.notes:
        return "not supported" if support.state == "n" else "partly supported"
    concerned = [note for note in support.notes if bites(use, note)]
    return " ".join(feature.notes.get(note, "partly supported") for note in concerned) if concerned else None


def _client(client: str, tested: int, losses: list[Loss]) -> Finding:
    lost = sum(1.0 if loss.is_unsupported else PARTIAL for loss in losses)
    share = 100 * (1 - lost / tested) if tested else 100.0
    passed = share >= LEAST_SHARE
    return Finding(
        name=f"clients: {client}",
        passed=passed,
        value=f"{share:.1f} %",
        limit=f"at least {LEAST_SHARE:.0f} % of scored features",
        detail="" if passed else "; ".join(_grouped(losses)),
        strain=(100 - share) / (100 - LEAST_SHARE),
    )


def _grouped(losses: list[Loss]) -> list[str]:
    """Describe losses by feature and reason, the most frequent first, each with one element as the example."""
    groups: dict[tuple[str, str], list[Loss]] = defaultdict(list)
    for loss in losses:
        groups[loss.use.slug, loss.why].append(loss)
    ordered = sorted(groups.values(), key=lambda group: (-len(group), group[0].use.slug))
    told = [
        f"{_feature(group[0].use)} on {page.name(group[0].use.element)}, {len(group)} times: {group[0].why}"
        for group in ordered[:SHOWN]
    ]
    return told + ([f"and {len(ordered) - SHOWN} more"] if len(ordered) > SHOWN else [])


def _feature(use: Use) -> str:
    return f"{use.slug} “{use.value}”" if use.value else use.slug


def _unsupported(losses: list[Loss]) -> Finding:
    clients: dict[str, set[str]] = defaultdict(set)
    example: dict[str, Use] = {}
    for loss in losses:
        clients[loss.use.slug].add(loss.client)
        example.setdefault(loss.use.slug, loss.use)
    faults = [
        f"{_feature(example[slug])} on {page.name(example[slug].element)}: unknown to {', '.join(sorted(names))}"
        for slug, names in clients.items()
    ]
    return of_faults(
        "clients: unsupported features",
        faults,
        limit="none but what may be missing",
        advice="Do it another way, or say in digest/quality/caveats.py why nothing is lost",
    )
