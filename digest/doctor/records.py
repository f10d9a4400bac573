"""What the DNS says of a sender’s domain: SPF and DMARC (RFC 7208, 7489). Pure: answers in, problems out."""

from collections.abc import Collection, Mapping

from digest.doctor import tag_list
from digest.doctor.lookup import Answer, Silence
from digest.doctor.problem import Problem

Answers = Mapping[str, Answer]


def names(domain: str) -> list[str]:
    """Return the names whose TXT records say something about a sender's domain."""
    return [domain, *_dmarc_names(domain)]


def check(domain: str, answers: Answers) -> list[Problem]:
    """Judge the answers for `names(domain)`; what could not be asked is passed over."""
    return [*_spf(domain, answers[domain]), *_dmarc(domain, answers)]


def unasked(answers: Answers) -> list[Problem]:
    """Return one note for all names that could not be asked."""
    silent = [(name, answer.why) for name, answer in answers.items() if isinstance(answer, Silence)]
    if not silent:
        return []
    name, why = silent[0]
    return [
        Problem(
            "DNS",
            f"{len(silent)} of {len(answers)} names could not be looked up, so SPF, DKIM and DMARC were not all "
            f"looked at: {name}: {why}",
            "run it again where the name service answers",
            is_note=True,
        )
    ]


def _spf(domain: str, answer: Answer) -> list[Problem]:
    if isinstance(answer, Silence):
        return []
    records = [words for words in (record.lower().split() for record in answer) if words[:1] == ["v=spf1"]]
    if not records:
        return [
            Problem(
                domain,
                "it has no SPF record, which large providers want of those who send many mails",
                "publish a TXT record there, such as “v=spf1 include:relay.example -all”: who runs your relay "
                "knows what to include",
                is_note=True,
            )
        ]
    if len(records) > 1:
        return [
            Problem(
                domain,
                f"it has {len(records)} SPF records, which count as an error (RFC 7208 §4.5)",
                "publish one that names all who send for it",
            )
        ]
    if {"all", "+all"} & set(records[0]):
        return [
            Problem(
                domain,
                "its SPF record lets every server in the world send in its name",
                "end it in “-all” or “~all”",
                is_note=True,
            )
        ]
    return []


def _dmarc_names(domain: str) -> list[str]:
    """Return where DMARC looks, from the domain up: without the list of public suffixes, each parent is asked."""
    labels = domain.split(".")
    return [f"_dmarc.{'.'.join(labels[start:])}" for start in range(max(1, len(labels) - 1))]


def _dmarc(domain: str, answers: Answers) -> list[Problem]:
    for name in _dmarc_names(domain):
        answer = answers[name]
        if isinstance(answer, Silence):
            return []  # a record there would count, whatever stands above
        if records := [tags for tags in map(tag_list.read, answer) if tags.get("v") == "DMARC1"]:
            return _dmarc_policy(name, records)
    return [
        Problem(
            f"_dmarc.{domain}",
            "there is no DMARC record, which large providers want of those who send many mails",
            "publish a TXT record there: “v=DMARC1; p=none” is enough to begin with",
            is_note=True,
        )
    ]


def _dmarc_policy(name: str, records: Collection[Mapping[str, str]]) -> list[Problem]:
    if len(records) > 1:
        what, fix = f"it has {len(records)} DMARC records, which count as none (RFC 7489 §6.6.3)", "publish one"
    elif next(iter(records)).get("p", "").lower() not in ("none", "quarantine", "reject"):
        what, fix = "its DMARC record has no policy that is known", "write p=none, p=quarantine or p=reject in it"
    else:
        return []
    return [Problem(name, what, fix, is_note=True)]
