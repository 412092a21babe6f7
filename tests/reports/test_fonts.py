"""The font that ships, and what pages take out of it: every character a reader may meet is there."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from fontTools.ttLib import TTFont

from engine.outcomes import ADVICE
from engine.parameters import DEFINITIONS
from engine.rules.explain import BASIS_ZH, CLASS_ZH, WORD_ZH
from services.reports import fonts
from services.rule_books import files as rule_files

ROOT = Path(__file__).resolve().parents[2]


def test_the_font_holds_all_of_gb_2312() -> None:
    chinese = [bytes((row, cell)) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF)]
    characters = "".join(pair.decode("gb2312", "ignore") for pair in chinese)
    assert len(characters) == 6763
    assert fonts.missing(characters) == []


def test_what_is_missing_is_told() -> None:
    assert fonts.missing("竞价\n㐀A㐁") == ["㐀", "㐁"]


def test_every_character_of_the_templates_and_of_the_code_that_writes_pages_is_there() -> None:
    folders = ("services/reports", "services/demo")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*") if file.suffix in (".py", ".j2")]
    assert len(files) > 20
    for file in files:
        assert fonts.missing(file.read_text("utf-8")) == [], file


def test_every_character_of_rules_and_reasons_is_there() -> None:
    texts = [definition.term + definition.meaning for definition in DEFINITIONS.values()]
    texts += [*ADVICE.values(), *BASIS_ZH.values(), *CLASS_ZH.values(), *WORD_ZH.values()]
    for name in rule_files.shipped_names():
        texts += rule_files.load_book(name).files.values()
    assert fonts.missing("".join(texts)) == []


def test_an_embedded_face_has_the_glyphs_of_its_text_and_no_others() -> None:
    text = "深圳委托竞价 580,764"
    face = TTFont(io.BytesIO(base64.b64decode(fonts.embedded_face(text))))
    assert face.flavor == "woff"
    assert set(map(chr, face.getBestCmap())) == set(text)


def test_the_same_text_gives_the_same_face() -> None:
    assert fonts.embedded_face("竞价") == fonts.embedded_face("竞价")


def test_the_shipped_file_is_small_and_its_licence_is_beside_it() -> None:
    assert len(fonts.font_bytes()) <= 2_000_000
    folder = ROOT / "services" / "assets" / "fonts"
    assert "SIL OPEN FONT LICENSE Version 1.1" in (folder / "OFL.txt").read_text("utf-8")
    assert "SIL Open Font License 1.1" in (folder / "SOURCE.md").read_text("utf-8")
