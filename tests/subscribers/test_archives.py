import zipfile
from pathlib import Path

import pytest

from digest.errors import SourceError
from subscribers import archives
from subscribers.sheets import Sheet

PEOPLE = "email\nann@example.com\n"


def wanted(sheet: Sheet) -> bool:
    return "email" in sheet.columns


def packed(tmp_path: Path, **members: str) -> Path:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "."), text)
    return path


def refused(path: Path, match: str) -> None:
    with pytest.raises(SourceError, match=match), archives.opened(path, wanted):
        pass


def test_one_csv_file_is_one_sheet_whatever_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("name\nAnn\n")

    with archives.opened(path, wanted) as opened:
        assert [sheet.name for sheet in opened.sheets] == ["people.csv"]


def test_what_is_left_out_of_a_zip_is_named_shortly(tmp_path: Path) -> None:
    others = {f"delivers{n}__csv": "post\n1\n" for n in range(9)}

    with archives.opened(packed(tmp_path, people__csv=PEOPLE, **others, notes__txt="email\n"), wanted) as opened:
        assert [sheet.name for sheet in opened.sheets] == ["people.csv"]
        assert opened.notes == [
            "export.zip: no lists of subscribers, left out: delivers0.csv, delivers1.csv, delivers2.csv and 6 more"
        ]


def test_a_zip_without_people_and_a_spreadsheet_are_refused(tmp_path: Path) -> None:
    refused(packed(tmp_path, posts__csv="post\n1\n", empty__csv=""), "holds no list of subscribers")
    refused(packed(tmp_path, **{"[Content_Types]__xml": "<x/>"}), "is a spreadsheet: export it as “CSV UTF-8”")


def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path, people__csv=PEOPLE * 100)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    refused(path, "cannot be unpacked")
    path.write_bytes(content[:60] + bytes(len(content[60:70])) + content[70:])
    refused(path, "cannot be unpacked|holds no list")
    path.write_bytes(b"PK\x03\x04")
    refused(path, "cannot be unpacked")


def test_a_zip_that_unpacks_to_more_than_there_is_room_for_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path, people__csv="email\n" + "ann@example.com\n" * 300_000)

    assert path.stat().st_size < 30_000
    with pytest.raises(SourceError, match="unpacks to more than 3 MB"), archives.opened(path, wanted, 3 << 20):
        pass


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    refused(tmp_path / "none.csv", "cannot read")
