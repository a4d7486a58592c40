"""Write data/english and data/korean, the same bytes every time.

python -m data.generator [--output DIRECTORY]
"""

import argparse
from pathlib import Path

from data.generator.corpus import LANGUAGES, write_corpus


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the embedded corpora.")
    parser.add_argument("--output", type=Path, default=Path(__file__).parents[1], help="default: data/")
    arguments = parser.parse_args()
    for name in LANGUAGES:
        write_corpus(name, arguments.output)


if __name__ == "__main__":
    main()
