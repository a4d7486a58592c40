"""The `report` stage: write one HTML file in which people read the summaries, with the scores and the verdict above.

python -m beamline.report
"""

from beamline.core import paths
from beamline.core.errors import run
from beamline.core.files import write_text
from beamline.core.params import read_params
from beamline.pages.html.page import render
from beamline.pages.html.run import run_page


def main() -> None:
    write_text(paths.PAGE, render(run_page(read_params())))
    print(f"To read the summaries, open {paths.PAGE}")


if __name__ == "__main__":
    run(main)
