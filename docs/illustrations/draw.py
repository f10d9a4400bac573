"""Draw the demonstration's pictures anew: `python docs/illustrations/draw.py [NAME…]`.

Needs Chromium (to render SVG) and ImageMagick's `convert` (to write JPEG). The results lie in digest/demo/data/images.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import journeys
import landscapes
import people
from paper import HEIGHT, WIDTH
from playwright.sync_api import sync_playwright

TARGET = Path(__file__).resolve().parents[2] / "digest" / "demo" / "data" / "images"
LIMIT_BYTES = 45_000
SCENES = {
    "night-ferry": journeys.night_ferry,
    "border-market": journeys.border_market,
    "sail-freighter": journeys.sail_freighter,
    "hilltop-masts": journeys.hilltop_masts,
    "vineyard": journeys.vineyard,
    "moths": journeys.moths,
    "dunes": landscapes.dunes,
    "wetland": landscapes.wetland,
    "glacier": landscapes.glacier,
    "hospital-garden": people.hospital_garden,
    "cinema-barge": people.cinema_barge,
    "bells": people.bells,
    "lantern-race": landscapes.lantern_race,
    "regatta": people.regatta,
}


def to_jpeg(png: Path, jpeg: Path) -> int:
    """Write the best JPEG under the limit; return its quality."""
    for quality in range(88, 40, -4):
        options = ["-strip", "-interlace", "JPEG", "-sampling-factor", "4:2:0", "-quality", str(quality)]
        subprocess.run(["convert", png, *options, jpeg], check=True)
        if jpeg.stat().st_size <= LIMIT_BYTES:
            return quality
    raise SystemExit(f"{jpeg.name} does not fit into {LIMIT_BYTES} bytes")


def main(names: list[str]) -> None:
    """Render every scene, or those named."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for name in names or SCENES:
            page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{SCENES[name]()}")
            png, jpeg = Path(folder) / "picture.png", TARGET / f"{name}.jpg"
            page.screenshot(path=png)
            print(name, "quality", to_jpeg(png, jpeg), jpeg.stat().st_size, "bytes")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
