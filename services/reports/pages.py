"""HTML pages that stand alone: style and the glyphs they use are inside, nothing is loaded from anywhere."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from services.reports import fonts
from services.reports.scale import grouped

_FONT_MARK = "@@FONT@@"


def render(template: str, **context: object) -> str:
    """A template of `templates/` with its font embedded. The same context gives the same bytes."""
    page = _environment().get_template(template).render(**context)
    return page.replace(_FONT_MARK, fonts.embedded_face(visible_text(page)), 1)


def visible_text(page: str) -> str:
    """The characters a browser may have to show of a page: all of it but style and embedded data."""
    without_style = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    without_data = re.sub(r"base64,[A-Za-z0-9+/=]*", "", without_style)
    return "".join(sorted(set(without_data) | set("“”&")))


@cache
def _environment() -> Environment:
    filters: dict[str, Any] = {"grouped": grouped}
    environment = Environment(
        loader=PackageLoader("services.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters)
    return environment
