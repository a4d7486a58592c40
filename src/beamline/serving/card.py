"""The model card: what was trained, on what, how well it does, and how to use it, from the files of its run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCardData
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from beamline.comparison.revisions import LOCK, WORKSPACE, Revision, open_revision
from beamline.comparison.settings import Settings, read_settings
from beamline.core import paths
from beamline.core.errors import BeamlineError
from beamline.core.report_parts import hundred
from beamline.encoding.codec import TextCodec
from beamline.metrics import find_metric
from beamline.models.smollm2 import HUB_ID
from beamline.models.smollm2 import NAME as SMOLLM2

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class RunFacts:
    """What a model card says of a run.

    commit: that records the run, its first 7 digits; empty if none does. data_hash: DVC's of data.path.
    provenance: what an import wrote beside the data.
    """

    commit: str
    settings: Settings
    scores: Mapping[str, Any]
    verdict: str
    data_hash: str
    provenance: Mapping[str, Any]


def read_facts(revision: str | None) -> RunFacts:
    """Read a revision's facts, or those of the workspace.

    Raises `BeamlineError` if the run is not whole: its scores, its verdict and dvc.lock are needed.
    """
    opened = open_revision(revision or WORKSPACE)
    settings = read_settings(opened.read_stages(), paths.PREDICTIONS)
    data = str(settings.get("data.path", ""))
    provenance = opened.read_text(Path(data) / "provenance.json") if data else None
    return RunFacts(
        commit=opened.commit or _find_commit(opened),
        settings={name: value for name, value in settings.items() if " " not in name},
        scores=_read_json(opened, paths.SCORES),
        verdict=_read_json(opened, paths.DIAGNOSIS_METRICS)["verdict"],
        data_hash=str(settings.get(f"content of {data}", "")),
        provenance=json.loads(provenance) if provenance else {},
    )


def write_card(facts: RunFacts, codec: TextCodec, settings: Mapping[str, Any], *, ctranslate2: bool) -> str:
    """Return the text of README.md with its front matter.

    settings: of generation, in force. ctranslate2: the files are for CTranslate2, not for transformers.
    """
    test = facts.scores["test"]
    names = [name for name in test if f"{name}_interval" in test]
    data = str(facts.settings.get("data.path", "unknown"))
    base = facts.settings.get("model.name")
    metadata = ModelCardData(
        library_name="ctranslate2" if ctranslate2 else "transformers",
        pipeline_tag="summarization" if codec.encoding.prompt is None else "text-generation",
        tags=["summarization", "dialogue", "beamline"],
        base_model=HUB_ID if base == SMOLLM2 else str(base) if base and not Path(str(base)).exists() else None,
        datasets=[facts.provenance["hub_id"]] if facts.provenance.get("hub_id") else None,
        model_name="summarizer",
        eval_results=[
            EvalResult(
                task_type="summarization",
                dataset_type=str(facts.provenance.get("hub_id") or data),
                dataset_name=data,
                dataset_split="test",
                metric_type=find_metric(name),
                metric_name=f"{name} × 100",
                metric_value=round(100 * test[name], 2),
            )
            for name in names
        ],
    )
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # Markdown of settings and scores: no text of a dialogue is in it
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("card.md").render(
        metadata=metadata.to_yaml(),
        verdict=facts.verdict,
        scores=[
            (name, hundred(test[name]), " to ".join(hundred(bound) for bound in test[f"{name}_interval"]))
            for name in names
        ],
        signature=facts.scores["signature"],
        commit=facts.commit,
        data=data,
        data_hash=facts.data_hash,
        provenance=facts.provenance,
        base=base,
        settings={name: json.dumps(value, ensure_ascii=False) for name, value in facts.settings.items()},
        generation={name: json.dumps(value) for name, value in settings.items()},
        encoding=codec.encoding,
        prompt=None if codec.encoding.prompt is None else [repr(text) for text in codec.encoding.prompt],
        has_template=codec.tokenizer.chat_template is not None,
        model_class=codec.family.model_class.__name__,
        decoding=settings,
        ctranslate2=ctranslate2,
    )


def _find_commit(workspace: Revision) -> str:
    """Return the commit that is checked out if its dvc.lock records the workspace's run, or else nothing."""
    try:
        head = open_revision("HEAD")
    except BeamlineError:  # nothing is committed yet
        return ""
    return head.commit if head.read_text(LOCK) == workspace.read_text(LOCK) else ""


def _read_json(revision: Revision, path: Path) -> Any:
    text = revision.read_text(path)
    if text is None:
        raise BeamlineError(f"{revision.name}: {path} is missing, and the model card needs it; run: dvc repro")
    return json.loads(text)
