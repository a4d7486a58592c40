"""A page as one HTML file: styles, scripts and data are inside it, and nothing is fetched from anywhere."""

import base64
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from beamline.pages.html import charts
from beamline.pages.html.content import Page

_HERE = Path(__file__).parent
_LIBRARIES = {"preact": "preact.mjs", "preact/hooks": "hooks.mjs", "htm": "htm.mjs"}
_START = 'import "page/main";'


def render(page: Page) -> str:
    """Return the page as HTML. The same content gives the same bytes.

    All texts are escaped: those above the dialogues by the template, the dialogues by the library that shows them. The
    page's own policy lets the browser run no other script and fetch nothing, even if a text should get through.
    """
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = "\n".join(path.read_text(encoding="utf-8") for path in sorted((_HERE / "styles").glob("*.css")))
    import_map = json.dumps({"imports": _modules()}, sort_keys=True)
    policy = {
        "default-src": "'none'",
        "style-src": _hash(style),
        "script-src": f"data: {_hash(import_map)} {_hash(_START)}",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return environment.get_template("page.html").render(
        page=page,
        charts=charts,
        policy="; ".join(f"{name} {value}" for name, value in policy.items()),
        # These are files of this package, which hold nothing that a template would have to escape.
        style=Markup(style),
        import_map=Markup(import_map),
        start=Markup(_START),
        data=_compressed(
            {
                **page.dialogues,
                "systems": [{"letter": system.letter, "name": system.name} for system in page.systems],
            }
        ),
        license=(_HERE / "vendor" / "LICENSE").read_text(encoding="utf-8"),
    )


def _modules() -> dict[str, str]:
    """Return the address of every module by the name that it is imported by. The addresses hold the modules."""
    places = {name: _HERE / "vendor" / file for name, file in _LIBRARIES.items()}
    places |= {f"page/{path.stem}": path for path in sorted((_HERE / "scripts").glob("*.js"))}
    return {
        name: f"data:text/javascript;base64,{base64.b64encode(path.read_bytes()).decode()}"
        for name, path in places.items()
    }


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _compressed(value: Any) -> str:
    """Return `value` as JSON, compressed, in letters that mean nothing to HTML."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
