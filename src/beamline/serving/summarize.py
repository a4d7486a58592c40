"""Summaries of new dialogues, as JSON lines: what `beamline summarize` writes."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

import torch
import transformers
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from beamline.core import processes
from beamline.core.errors import BeamlineError
from beamline.core.params import Columns
from beamline.data.unsummarized import read_pipe, read_sources
from beamline.decoding.backends import build_decoder
from beamline.metrics.signature import signature_tokenizer
from beamline.metrics.support import WordSplitter
from beamline.metrics.tokenizers import WordTokenizer, build_tokenizer, choose_tokenizer
from beamline.serving.model import Model, open_model
from beamline.serving.output import Source, open_output

_AT_ONCE = 32  # dialogues that are decoded together, and whose summaries then appear together


def summarize(
    files: Sequence[Path], revision: str | None, directory: Path | None, changes: Sequence[str], output: Path | None
) -> None:
    """Write a line of JSON for each dialogue of the files, or of the pipe if there is none: id, summary, findings.

    findings: the content words, numbers and names of the summary that the dialogue doesn't have.
    revision, directory, changes: see `open_model`. output: a file, of which whole lines are kept and not written again
    if the same model wrote them, see `open_output`. None: the lines go to standard output.

    Raises `BeamlineError` for dialogues or a model that can't be read, before the first summary is written.
    """
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    read = _reader(files)
    count = sum(1 for _ in read())  # all can be read before the first is summarized
    if output is not None and output.resolve() in [path.resolve() for path in files]:
        raise BeamlineError(f"{output}: is read from; give --output another file")

    with (
        open_model(revision, directory, changes) as model,
        _opened(output, read, model) as (file, done),
        _progress() as progress,
    ):
        task = progress.add_task("summarizing", total=count, completed=done)
        for line in _summary_lines(model, read(), done):
            file.write(line)
            file.flush()
            progress.advance(task)


def _reader(files: Sequence[Path]) -> Callable[[], Iterator[Source]]:
    """Return a function that reads the dialogues from the first on, of the files or of standard input."""
    columns = Columns(id=None, dialogue=None, summary=None)
    if files and all(path.is_file() or not path.exists() for path in files):
        return lambda: read_sources(files, columns)
    if not files and sys.stdin.isatty():
        raise BeamlineError("no dialogues; give files, or pipe text: echo ... | beamline summarize")
    # A pipe can be read only once.
    kept = list(read_sources(files, columns) if files else read_pipe(sys.stdin.buffer, columns))
    return lambda: iter(kept)


def _summary_lines(model: Model, sources: Iterator[Source], done: int) -> Iterator[str]:
    """Yield a line for each source after the first `done`, in order.

    Dialogues are decoded in the same batches and with the same seeds as if none had been done. So what was interrupted
    ends as it would have ended, with sampling, too.
    """
    skipped = done % _AT_ONCE
    sources = islice(sources, done - skipped, None)
    batches = iter(lambda: list(islice(sources, _AT_ONCE)), [])
    first = next(batches, None)
    if first is None:
        return
    reported = model.reported
    torch.set_num_threads(reported.evaluate.threads)  # as in evaluate: their number changes the last digits
    decoder = build_decoder(model.directory, model.codec, reported.generation, reported.padding, processes.device())
    splitter = WordSplitter(_tokenizer(model, first))
    for number, batch in enumerate(chain([first], batches)):
        ids = [model.codec.truncate_dialogue(row) for row in model.codec.encode_dialogues([text for _, text in batch])]
        summaries = decoder.summaries(
            ids,
            tokens_per_batch=reported.evaluate.tokens_per_batch,
            seed=reported.seed + done - skipped + number * _AT_ONCE,
            description="",
        )
        for (key, text), summary in islice(zip(batch, summaries, strict=True), skipped if number == 0 else 0, None):
            findings = splitter.find_unsupported(summary.text, splitter.tokens(text))
            yield json.dumps({"id": key, "summary": summary.text, "findings": findings}, ensure_ascii=False) + "\n"


def _tokenizer(model: Model, sources: Iterable[Source]) -> WordTokenizer:
    """Return the tokenizer of the reported scores; without them, the one for the script of the first dialogues."""
    if model.reported.signature:
        return signature_tokenizer(model.reported.signature)
    return build_tokenizer(choose_tokenizer([text for _, text in sources]), stemmer=True)


@contextmanager
def _opened(output: Path | None, read: Callable[[], Iterator[Source]], model: Model) -> Iterator[tuple[TextIO, int]]:
    """Give what the lines are written to, and how many dialogues it holds already."""
    if output is None:
        yield sys.stdout, 0
    else:
        with open_output(output, read, model) as opened:
            yield opened


def _progress() -> Progress:
    """Return a progress bar on stderr, which stays silent if that is no terminal."""
    console = Console(stderr=True)
    shown = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*shown, console=console, transient=True, disable=not console.is_terminal)
