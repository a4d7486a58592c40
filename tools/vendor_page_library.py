"""Write src/beamline/pages/html/vendor: Preact, and htm in place of JSX, with their licenses, unchanged from npm.

npm pack --pack-destination /tmp preact@11.2.0 htm@3.1.1
python tools/vendor_page_library.py /tmp/preact-11.2.0.tgz /tmp/htm-3.1.1.tgz
"""

import re
import sys
import tarfile
from pathlib import Path

VENDOR = Path("src/beamline/pages/html/vendor")
APACHE = "https://www.apache.org/licenses/LICENSE-2.0"


def main() -> None:
    preact, htm = (Path(argument) for argument in sys.argv[1:])
    VENDOR.mkdir(exist_ok=True)
    for name, (pack, inside) in {
        "preact.mjs": (preact, "dist/preact.mjs"),
        "hooks.mjs": (preact, "hooks/dist/hooks.mjs"),
        "htm.mjs": (htm, "dist/htm.module.js"),
        "LICENSE-htm": (htm, "LICENSE"),
    }.items():
        code = re.sub(r"//# sourceMappingURL=.*", "", read(pack, inside)).strip()
        (VENDOR / name).write_text(f"{code}\n", encoding="utf-8")
    # What every page holds, because every page is a copy of both.
    notice = (
        f"{preact.stem}\n\n{read(preact, 'LICENSE').strip()}\n\n{htm.stem}, Google LLC, Apache License 2.0: {APACHE}\n"
    )
    (VENDOR / "LICENSE").write_text(notice, encoding="utf-8")


def read(pack: Path, name: str) -> str:
    with tarfile.open(pack) as files:
        file = files.extractfile(f"package/{name}")
        assert file is not None, f"{pack} holds no {name}"
        return file.read().decode()


if __name__ == "__main__":
    main()
