from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SourceError
from subscribers import encodings

NAMES = {
    "cp1252": ["Søren Ångström", "François Müller", "José Núñez", "João Conceição", "Åse Bjørn", "Iñaki Muñoz"],
    "cp1250": ["Łukasz Wójcik", "Zdeněk Dvořák", "Gyöngyi Szőke", "Małgorzata Żółć"],
    "cp1251": ["Анна Петрова", "Иван Сидоров", "Ольга Кузнецова"],
    "cp1253": ["Γιώργος Παπαδόπουλος", "Ελένη Νικολάου"],
    "cp1254": ["Ayşe Yılmaz", "Gökçe Şahin", "İbrahim Çağlar"],
    "cp1256": ["محمد علي", "فاطمة الزهراء"],
    "shift_jis": ["山田太郎", "佐藤花子", "鈴木一郎"],
    "gb18030": ["王小明", "李华", "张伟"],
    "big5": ["陳大文", "林美玲", "黃志明"],
    "euc_kr": ["김철수", "이영희", "박민수"],
}


def rows(names: list[str], count: int) -> str:
    people = "".join(f"p{n}@example.com,{names[n % len(names)]},World\n" for n in range(count))
    return f"email,name,categories\n{people}"


@pytest.mark.parametrize(("encoding", "names"), NAMES.items())
@pytest.mark.parametrize("count", [12, 1000])
def test_what_spreadsheets_write_is_told_from_the_names(encoding: str, names: list[str], count: int) -> None:
    ascii_people = "".join(f"q{n}@example.com,Quill,World\n" for n in range(count))
    text = rows(names, count) + ascii_people

    found = encodings.detect("people.csv", BytesIO(text.encode(encoding)))

    assert found.is_guess
    assert text.encode(encoding).decode(found.name) == text


def test_a_utf8_file_with_a_fault_is_damaged_not_something_else() -> None:
    damaged = rows(["Zoë"], 9).encode() + b"x@example.com,Ren\xe9,World\n" + rows(["Zoë"], 9).encode()

    with pytest.raises(SourceError, match="line 11 is not in UTF-8"):
        encodings.detect("people.csv", BytesIO(damaged))


def test_a_fault_far_into_the_file_is_found() -> None:
    long = "é@example.com\n".encode() * 100_000 + b"\xff\n"

    with pytest.raises(SourceError, match="line 100001 is not in UTF-8"):
        encodings.detect("people.csv", BytesIO(long))


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_a_message(content: bytes) -> None:
    file = BytesIO(content)
    try:
        found = encodings.detect("people.csv", file)
    except SourceError as refusal:
        assert "save the file as “CSV UTF-8”" in str(refusal)
    else:
        assert file.tell() == 0
        content.decode(found.name)


@given(st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=100))
def test_utf8_is_never_guessed_at(text: str) -> None:
    found = encodings.detect("people.csv", BytesIO(text.encode("utf-8", "ignore")))

    assert not found.is_guess
