"""The font that notices and pictures carry with them, so that a bare machine shows every Chinese character.

`NotoSansSC-subset.otf` ships with the package (see SOURCE.md beside it). A page embeds only its own glyphs; a picture
is drawn with the shipped file itself. `python -m services.reports.fonts NotoSansCJK-Regular.ttc` makes the shipped file
anew from the original collection.
"""

from __future__ import annotations

import base64
import io
import sys
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FONT_FAMILY = "Noto Sans CJK SC"
"""The name the shipped font goes by."""

_FILE = "NotoSansSC-subset.otf"
_COLLECTION_NUMBER = 2  # Simplified Chinese, within the collection that is distributed

_PUNCTUATION = "–—‘’“”…≤≥≠≈×÷−·→←↑↓✓€£¥‰№〇〔〕【】《》〈〉「」（），。；：？！、％／＋－＝￥"


def font_file() -> Traversable:
    """The shipped font file."""
    return resources.files("services") / "assets" / "fonts" / _FILE


@cache
def font_bytes() -> bytes:
    """What is in the shipped font file."""
    return font_file().read_bytes()


@cache
def covered() -> frozenset[str]:
    """The characters the shipped font can show."""
    return frozenset(map(chr, TTFont(io.BytesIO(font_bytes()), lazy=True).getBestCmap()))


def missing(text: str) -> list[str]:
    """The characters of `text` that the shipped font cannot show, sorted; line breaks and tabs don't count."""
    return sorted(set(text) - covered() - set("\n\r\t"))


def embedded_face(text: str) -> str:
    """A base64 WOFF file with the glyphs of `text`, ready for a data URL. The same text gives the same bytes.

    Characters that the font lacks are left out: a browser takes them from a font of its own.
    """
    font = _subset(TTFont(io.BytesIO(font_bytes()), lazy=True, recalcTimestamp=False), text)
    font.flavor = "woff"
    target = io.BytesIO()
    font.save(target)
    return base64.b64encode(target.getvalue()).decode("ascii")


def characters_to_ship() -> str:
    """What the shipped font has to show: Latin, Chinese punctuation, and all 6,763 characters of GB 2312."""
    latin = (*map(chr, range(0x20, 0x7F)), *map(chr, range(0xA0, 0x100)))
    # GB 2312 by rows: 1 punctuation, 16 to 87 characters; the last row of the first level is not full.
    rows = (0xA1, *range(0xB0, 0xF8))
    chinese = (bytes((row, cell)).decode("gb2312", "ignore") for row in rows for cell in range(0xA1, 0xFF))
    return "".join(sorted({*latin, *_PUNCTUATION, *"".join(chinese)}))


def _subset(font: TTFont, text: str) -> TTFont:
    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.name_IDs = ["*"]
    options.drop_tables += ["BASE", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=text)
    subsetter.subset(font)
    return font


def make(collection: Path, target: Path) -> int:
    """Writes the font to ship, cut out of the original collection; gives its size in bytes."""
    font = _subset(TTFont(collection, fontNumber=_COLLECTION_NUMBER, recalcTimestamp=False), characters_to_ship())
    font.save(target)
    return target.stat().st_size


if __name__ == "__main__":
    place = Path(__file__).resolve().parent.parent / "assets" / "fonts" / _FILE
    sys.stdout.write(f"{place}: {make(Path(sys.argv[1]), place):,} bytes\n")
