"""The root of the receipts as a notice publishes it: from the page, from the CSV, or from the result's JSON.

On the page the root is read from the very text that people see, never from hidden data.
"""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser

from services.errors import BadInput
from services.proof.canonical import is_sha256_hex
from services.proof.forms import load
from services.proof.receipts import PublishedRoot

_ALLOWED = "a results notice (.html, .csv) or a result (.json) of a round whose bids were sealed"
_NEXT = "Take the notice as it was published; one made by `jingjia auction clear ... --export DIR` has the root."

_IDS = {"round-name": "round", "receipts-root": "root", "receipts-size": "bids"}


def read_notice(file: str, content: bytes) -> PublishedRoot:
    """What a notice publishes. Raises BadInput."""
    suffix = file.rpartition(".")[2].lower()
    if suffix == "json":
        found = load(file, content, _ALLOWED).get("receipts")
        values = {key: [value] for key, value in found.items()} if isinstance(found, dict) else {}
    elif suffix in ("html", "htm", "csv"):
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise _refused(file, "bytes that are not UTF-8") from None
        values = _of_table(text) if suffix == "csv" else _of_page(text)
    else:
        raise _refused(file, "a file of another kind")
    for key, what in (("round", "name of a round"), ("root", "root of the receipts"), ("bids", "number of bids")):
        if len(values.get(key, [])) != 1:
            raise _refused(file, f"{len(values.get(key, [])) or 'no'} entries for the {what}; one is needed")
    round_name, root, bids = (values[key][0] for key in ("round", "root", "bids"))
    if not isinstance(round_name, str) or not is_sha256_hex(root):
        raise _refused(file, "a root that is not 64 hexadecimal digits")
    digits = str(bids).replace(",", "")
    if not digits.isdecimal() or isinstance(bids, bool):
        raise _refused(file, "a number of bids that is no number")
    return PublishedRoot(round_name, str(root), int(digits))


def _refused(file: str, found: str) -> BadInput:
    return BadInput(f"{file}: found {found}\n  allowed: {_ALLOWED}\n  next: {_NEXT}")


def _of_table(text: str) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    for row in csv.DictReader(io.StringIO(text, newline="")):
        if row.get("section") == "receipts":
            found.setdefault(str(row.get("key")), []).append(row.get("value") or "")
    return found


def _of_page(text: str) -> dict[str, list[object]]:
    page = _Page()
    page.feed(text)
    page.close()
    return page.found


class _Page(HTMLParser):
    """Collects the text of the three elements that carry the root."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[object]] = {}
        self._inside: tuple[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        key = _IDS.get(dict(attrs).get("id") or "")
        if key:
            self._inside = (tag, key)
            self.found.setdefault(key, []).append("")

    def handle_data(self, data: str) -> None:
        if self._inside is not None:
            texts = self.found[self._inside[1]]
            texts[-1] = f"{texts[-1]}{data}"

    def handle_endtag(self, tag: str) -> None:
        if self._inside is not None and tag == self._inside[0]:
            self._inside = None
