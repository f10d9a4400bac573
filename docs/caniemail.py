"""Reduce caniemail's data to what digest/quality needs: `python3 docs/caniemail.py PACKAGE/dist/data/caniemail.json`.

Get the package with `npm pack caniemail@2.0.2 && tar xzf caniemail-2.0.2.tgz`. Of each feature, the newest tested
version of each client is kept ("y", "a #1", "n", "u", or null for never tested), and the notes that these name.
"""

import json
import re
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "digest" / "quality" / "data" / "caniemail.json"
CLIENTS = {  # name in reports -> caniemail's family and platform
    "Gmail web": ("gmail", "desktop-webmail"),
    "Gmail iOS": ("gmail", "ios"),
    "Gmail Android": ("gmail", "android"),
    "Outlook Windows classic": ("outlook", "windows"),
    "New Outlook, OWA": ("outlook", "outlook-com"),
    "Outlook Mac": ("outlook", "macos"),
    "Outlook iOS": ("outlook", "ios"),
    "Outlook Android": ("outlook", "android"),
    "Apple Mail macOS": ("apple-mail", "macos"),
    "Apple Mail iOS": ("apple-mail", "ios"),
    "Yahoo web": ("yahoo", "desktop-webmail"),
    "Yahoo Android": ("yahoo", "android"),
    "Samsung": ("samsung-email", "android"),
}


def newest(stats: dict[str, dict[str, dict[str, str]]], family: str, platform: str) -> str | None:
    """Return the support in the version that was tested last."""
    versions = list(stats.get(family, {}).get(platform, {}).values())
    return versions[-1] if versions else None


def reduced(feature: dict[str, object]) -> dict[str, object]:
    """Return the support of the named clients in their order, and the notes that it refers to."""
    stats = [newest(feature["stats"], *client) for client in CLIENTS.values()]
    numbers = sorted({number for one in stats if one for number in re.findall(r"#(\d+)", one)}, key=int)
    notes = feature["notes_by_num"] or {}
    return {"stats": stats, "notes": {number: notes[number] for number in numbers if number in notes}}


def main(source: Path) -> None:
    """Write the reduced data."""
    data = json.loads(source.read_text())
    features = {
        feature["slug"]: reduced(feature)
        for feature in sorted(data["data"], key=lambda feature: feature["slug"])
        if feature["category"] in ("css", "html", "image")
    }
    head = {
        "source": "caniemail.com (MIT), through npm's caniemail 2.0.2",
        "date": data["last_update_date"][:10],
        "clients": list(CLIENTS),
    }
    lines = ",\n".join(
        f"{json.dumps(slug)}: {json.dumps(value, ensure_ascii=False)}" for slug, value in features.items()
    )
    text = json.dumps(head, ensure_ascii=False)[:-1] + ', "features": {\n' + lines + "\n}}\n"
    json.loads(text)
    TARGET.write_text(text)
    print(f"{TARGET.name}: {len(features)} features, {len(text.encode()):,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
