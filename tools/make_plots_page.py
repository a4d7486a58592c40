"""Write .dvc/plots_page.html, the page of `dvc plots show`: DVC's own loads Vega from a CDN, this one holds it.

npm pack --pack-destination /tmp vega@5.33.1 vega-lite@5.23.0 vega-embed@6.29.0
python tools/make_plots_page.py /tmp/vega-5.33.1.tgz /tmp/vega-lite-5.23.0.tgz /tmp/vega-embed-6.29.0.tgz

The major versions are those that dvc-render's plots are written for (`VegaRenderer.SCRIPTS`); the order is that in
which the scripts need each other.
"""

import re
import sys
import tarfile
from pathlib import Path

PAGE = Path(".dvc/plots_page.html")
HEAD = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<!-- Nothing is fetched from anywhere: not by the page as it is, and not by what a plot's file may ask for. -->
<meta http-equiv="Content-Security-Policy" content="default-src 'unsafe-inline' 'unsafe-eval' data: blob: file:">
{refresh_tag}
<title>Beamline: plots</title>
<style>
body { margin: 2rem; background: #fff; color: #222; font-family: system-ui, sans-serif; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(31rem, 1fr)); gap: 2rem; }
</style>
"""
BODY = """\
</head>
<body>
<h1>Plots</h1>
<main>
{plot_divs}
</main>
</body>
</html>
"""


def main() -> None:
    packs = [Path(argument) for argument in sys.argv[1:]]
    names = ", ".join(pack.stem for pack in packs)
    licence = read(packs[1], "LICENSE").strip()  # of all three; vega's own pack leaves it out
    notice = f"<!--\n{names} (which hold parts of D3, ISC, Copyright Mike Bostock):\n\n{licence}\n-->\n"
    PAGE.write_text(HEAD + notice + "".join(map(script, packs)) + BODY, encoding="utf-8")


def script(pack: Path) -> str:
    library = re.sub(r"-[\d.]+$", "", pack.stem)
    code = re.sub(r"//# sourceMappingURL=.*", "", read(pack, f"build/{library}.min.js")).strip()
    # The first two would end or hide the script; DVC puts its own text in the place of the others.
    for forbidden in ("</script", "<!--", "{refresh_tag}", "{scripts}", "{plot_divs}"):
        if forbidden in code.lower():
            raise SystemExit(f"{pack}: holds {forbidden}, which would break the page")
    return f"<script>{code}</script>\n"


def read(pack: Path, name: str) -> str:
    with tarfile.open(pack) as archive:
        file = archive.extractfile(f"package/{name}")
        assert file is not None
        return file.read().decode()


if __name__ == "__main__":
    main()
