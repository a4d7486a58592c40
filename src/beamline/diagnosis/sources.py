"""Evidence for `beamline diagnose`: a revision, two files of text, or a checkpoint from elsewhere.

Only the command uses this module. The stage reads the run in the workspace, and needs none of the packages imported
here.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
import transformers

from beamline.comparison.revisions import open_revision
from beamline.comparison.scoring import DEFAULTS, SEED
from beamline.core.errors import BeamlineError
from beamline.core.params import Data, Params, read_params
from beamline.core.records import pair_summaries
from beamline.data.corpus import check_corpus
from beamline.data.predictions import join_references
from beamline.diagnosis.collect import FILES, evidence_from_directory
from beamline.diagnosis.evidence import Evidence
from beamline.encoding.codec import TextCodec, load_codec
from beamline.encoding.prepared import SPLITS, encode_split
from beamline.models.checkpoint import Checkpoint, fingerprint
from beamline.models.families import choose_family


@contextmanager
def open_evidence(
    revision: str | None,
    predictions: Path | None,
    references: Sequence[Path],
    model: Path | None,
    data: Path | None,
    *,
    column: str | None = None,
    reference_columns: Sequence[str] = (),
) -> Iterator[Evidence]:
    """Give the evidence that the command's options name. Without options, give that of the run in the workspace.

    Raises `BeamlineError` for options that exclude each other, and for what can't be found or read.
    """
    if predictions is None and (references or column or reference_columns):
        raise BeamlineError("--references, --column, --reference-column: they need --predictions")
    if (model is None) != (data is None):
        raise BeamlineError("--model, --data: each needs the other")
    if sum(source is not None for source in (revision, predictions, model)) > 1:
        raise BeamlineError("--rev, --predictions, --model: only one of them can be diagnosed at a time")

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    if revision is not None:
        with evidence_from_revision(revision) as evidence:
            yield evidence
    elif predictions is not None:
        yield evidence_from_files(predictions, references, column=column, reference_columns=reference_columns)
    elif model is not None and data is not None:
        yield evidence_from_checkpoint(model, data, read_params())
    else:
        yield limit_threads(evidence_from_directory(Path()))


@contextmanager
def evidence_from_revision(name: str) -> Iterator[Evidence]:
    """Give the evidence of an experiment, branch, tag or commit, from a temporary copy. Nothing is checked out.

    Raises `BeamlineError` if something is missing in git, in the cache or in the remote.
    """
    with tempfile.TemporaryDirectory() as directory:
        open_revision(name).export(FILES, Path(directory))
        yield limit_threads(evidence_from_directory(Path(directory)))


def evidence_from_files(
    predictions: Path,
    references: Sequence[Path] = (),
    *,
    column: str | None = None,
    reference_columns: Sequence[str] = (),
) -> Evidence:
    """Read summaries and references as `beamline score` does: plain text, or any format of data files.

    references: empty if the file of summaries has them, too. column, reference_columns: names of columns, if they are
    not the usual ones. Raises `BeamlineError` for what can't be read, for a repeated id, and for files whose rows don't
    belong together.
    """
    joined = join_references(
        predictions,
        references or [predictions],
        column=column,
        reference_columns=reference_columns,
        fixes=("give --column", "give --reference-column" if references else "give --reference-column or --references"),
        unique=True,
    )
    return Evidence(seed=SEED, rouge=DEFAULTS, predictions=joined)


def evidence_from_checkpoint(model: Path, data: Path, params: Params) -> Evidence:
    """Decode a directory of dialogues with any checkpoint, and score the summaries, with the settings of `params`.

    The checkpoint's tokenizer is used unchanged, because its handling of speaker tags is one of the things to find out.
    If the model has fewer positions than `params.tokenizer` asks for, they are the limit. Raises `BeamlineError` for a
    directory that is no checkpoint, and for dialogues that can't be read.
    """
    if not model.is_dir():
        raise BeamlineError(f"--model: {model}: no such directory; expected that of a checkpoint")
    codec = read_codec_beside(model, params)
    corpus = check_corpus(Data(path=str(data), columns=params.data.columns, leakage="warn"))
    splits = {split: encode_split(getattr(corpus, split), codec) for split in SPLITS}
    evidence = Evidence(
        seed=params.seed,
        seconds=params.diagnose.seconds,
        rouge=params.rouge,
        params=params,
        splits=splits,
        codec=codec,
        checkpoint=model,
    )
    test = evidence.sample("test")
    evidence.splits = {**splits, "test": test}
    summaries = evidence.summarize(evidence.model, codec, params.generation, test)
    evidence.predictions = pair_summaries([dialogue.record for dialogue in test], summaries)
    return evidence


def limit_threads(evidence: Evidence) -> Evidence:
    """Return `evidence` after setting CPU threads as in its evaluation: their number changes the last digits."""
    if evidence.params is not None:
        torch.set_num_threads(evidence.params.evaluate.threads)
    return evidence


def read_codec_beside(model: Path, params: Params) -> TextCodec:
    """Return the tokenizer of a checkpoint from anywhere. Without encoding.json, the limits are those of `params`."""
    if (model / "encoding.json").is_file():
        return TextCodec.load(model)
    checkpoint = Checkpoint(str(model), fingerprint(model))
    config = checkpoint.config()
    positions = choose_family(config, str(model)).position_limits(config, params.tokenizer.max_source_tokens)
    limits = {
        name: min(getattr(params.tokenizer, name), limit)
        for name, limit in zip(("max_source_tokens", "max_target_tokens"), positions, strict=True)
        if limit is not None
    }
    return load_codec(params.tokenizer.model_copy(update=limits), params.model, checkpoint, tags=())
