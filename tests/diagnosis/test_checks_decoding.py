"""Checks of the decoding family: each finds its fault in a run that has it, and nothing in a healthy one."""

import dataclasses
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.small_run import find
from transformers import GenerationConfig

from beamline.comparison.scoring import DEFAULTS
from beamline.core.records import Predictions
from beamline.diagnosis.checks import CATALOGUE, Status
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.ablation import UNASKED
from beamline.diagnosis.measures.gain import gain_of_scores
from beamline.metrics.significance import difference_intervals
from beamline.models.families.seq2seq import source_tensors

pytestmark = pytest.mark.slow

CAUSES = [check.name for check in CATALOGUE if check.family == "decoding"]
SYMPTOMS = [check.name for check in CATALOGUE if check.family == "summaries"]
ROUGE = DEFAULTS


def found(run: Evidence, names: Sequence[str] = CAUSES) -> dict[str, Status]:
    statuses = {name: find(run, name).status for name in names}
    return {name: status for name, status in statuses.items() if status in (Status.FAILURE, Status.WARNING)}


def failures(run: Evidence) -> list[str]:
    return [name for name, status in found(run).items() if status is Status.FAILURE]


def with_summaries(run: Evidence, summaries: Sequence[str]) -> Evidence:
    assert run.predictions is not None
    return dataclasses.replace(run, predictions=dataclasses.replace(run.predictions, summaries=summaries))


def evaluated_with(run: Evidence, **changes: Any) -> Evidence:
    """The run as `evaluate` would leave it with other generation settings in params.yaml."""
    assert run.params is not None and run.splits is not None and run.recorded is not None
    generation = run.params.generation.model_copy(update=changes)
    summaries = run.summarize(run.model, run.model_codec, generation, run.splits["test"])
    settings = {name: changes.get(name, value) for name, value in run.recorded.generation["settings"].items()}
    recorded = dataclasses.replace(run.recorded, generation={"settings": settings})
    params = run.params.model_copy(update={"generation": generation})
    return dataclasses.replace(with_summaries(run, summaries), params=params, recorded=recorded)


def with_file(run: Evidence, directory: Path, name: str, **values: Any) -> Evidence:
    """The run with other values in a file beside its checkpoint."""
    assert run.checkpoint is not None
    checkpoint = directory / run.checkpoint.name
    shutil.copytree(run.checkpoint, checkpoint)
    path = checkpoint / name
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **values}), encoding="utf-8")
    return dataclasses.replace(run, checkpoint=checkpoint, kept=[checkpoint])


def written_by_generate(run: Evidence) -> Evidence:
    """The run with test predictions of plain generate(), which follows the checkpoint's generation_config.json."""
    assert run.splits is not None
    sources = [dialogue.input_ids for dialogue in run.splits["test"]]
    inputs = source_tensors(sources, run.training_codec.encoding, max(map(len, sources)))
    with torch.inference_mode():
        rows = run.model.generate(**inputs)
    return with_summaries(run, run.model_codec.decode(rows[:, 1:].tolist()))


def given(summaries: Sequence[str], references: Sequence[str]) -> Evidence:
    """Nothing but summaries and references."""
    return Evidence(
        seed=0, rouge=ROUGE, predictions=Predictions(None, None, [[text] for text in references], list(summaries))
    )


def test_a_healthy_run_has_neither_cause_nor_symptom(memorised: Evidence) -> None:
    assert found(memorised, CAUSES + SYMPTOMS) == {}


def test_what_greedy_search_costs_is_said_and_no_fault(memorised: Evidence) -> None:
    finding = find(memorised, "search")
    assert finding.status is Status.PASS
    beams, greedy = memorised.decode("validation", num_beams=4), memorised.decode("validation")
    gains = memorised.sample_scores("validation", beams) - memorised.sample_scores("validation", greedy)
    assert finding.figure == pytest.approx(100 * gains.mean())


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("max_length", 8), ("min_length", 55), ("no_repeat_ngram_size", 1), ("repetition_penalty", 5.0)],
)
def test_a_setting_that_spoils_summaries_is_the_one_cause(memorised: Evidence, name: str, wrong: float) -> None:
    run = evaluated_with(memorised, **{name: wrong})
    assert [cause for cause in failures(run) if cause != "unusual_decoding"] == [name]
    lost = 100 * (1 - run.sample_scores("test", run.written).mean())
    assert find(run, name).points == pytest.approx(lost, abs=0.5)


def test_a_gain_has_to_be_sure_for_all_interventions_together() -> None:
    scores = np.linspace(0.2, 0.6, 80)
    noise = np.random.default_rng(1).normal(0.025, 0.08, 80)
    [plain] = difference_intervals(noise[:, None], seed=0)
    found = gain_of_scores(scores + noise, scores, seed=0)
    assert plain.low > 0 > found.low / 100
    assert not found.is_cause


def test_less_than_a_point_is_no_cause_however_sure() -> None:
    scores = np.linspace(0.2, 0.6, 80)
    found = gain_of_scores(scores + 0.005, scores, seed=0)
    assert found.low > 0 and not found.is_cause


def test_what_is_left_out_for_lack_of_time_is_said(memorised: Evidence) -> None:
    run = dataclasses.replace(memorised, seconds=1e-9)
    finding = find(run, "repetition_penalty")
    assert finding.status is Status.NOT_APPLICABLE
    assert finding.meaning.startswith("left out: diagnose.seconds")


def test_without_time_the_predictions_alone_are_replayed(memorised: Evidence) -> None:
    run = dataclasses.replace(memorised, seconds=1e-9)
    for name in ("checkpoint_loss", "source_use", "free_running"):
        assert find(run, name).meaning.startswith("left out: diagnose.seconds"), name
    assert run.sample_size == 1
    assert find(run, "predictions_of_checkpoint").status is Status.PASS


@pytest.mark.parametrize(
    "changes", [{"num_beams": 4}, {"num_beams": 2, "length_penalty": 0.5}, {"do_sample": True, "top_p": 0.5}]
)
def test_other_searches_raise_no_alarm(memorised: Evidence, changes: dict[str, Any]) -> None:
    assert memorised.params is not None
    params = memorised.params.model_copy(update={"generation": memorised.params.generation.model_copy(update=changes)})
    assert failures(dataclasses.replace(memorised, params=params)) == []


def test_a_wrong_start_beside_the_checkpoint_is_named(memorised: Evidence, tmp_path: Path) -> None:
    end = memorised.training_codec.encoding.eos_token_id
    run = evaluated_with(with_file(memorised, tmp_path, "encoding.json", decoder_start_token_id=end))
    assert find(run, "decoder_start").status is Status.FAILURE
    assert find(run, "checkpoint_tokenizer").status is Status.PASS


def test_a_wrong_start_in_generation_config_is_a_warning_for_other_programs(
    memorised: Evidence, tmp_path: Path
) -> None:
    speaker = memorised.training_codec.tokenizer.get_vocab()["#Person2#"]
    run = with_file(memorised, tmp_path, "generation_config.json", decoder_start_token_id=speaker)
    assert find(run, "decoder_start").status is Status.WARNING


def test_predictions_that_follow_a_generation_config_are_proved_to(memorised: Evidence, tmp_path: Path) -> None:
    run = with_file(memorised, tmp_path, "generation_config.json", max_length=12, num_beams=2)
    assert find(run, "predictions_of_checkpoint").status is Status.PASS
    finding = find(written_by_generate(run), "predictions_of_checkpoint")
    assert finding.status is Status.FAILURE
    assert finding.meaning.endswith(": its own generation_config.json gives them")
    assert (finding.points or 0) > 10


def test_settings_over_those_of_params_are_recognized_too(memorised: Evidence, tmp_path: Path) -> None:
    run = with_file(memorised, tmp_path, "generation_config.json", min_length=50)
    predictions = evaluated_with(memorised, min_length=50).predictions
    assert predictions is not None
    finding = find(with_summaries(run, predictions.summaries), "predictions_of_checkpoint")
    assert finding.meaning.endswith(": its own generation_config.json gives them")


def test_what_generate_does_unasked_is_what_transformers_does() -> None:
    defaults = GenerationConfig()._get_default_generation_params()
    unasked = UNASKED.model_dump(exclude={"backend", "compute_type"})
    assert unasked == {name: defaults[name] for name in unasked}


def test_settings_in_force_are_those_of_params(memorised: Evidence) -> None:
    assert memorised.params is not None
    assert "length_penalty" in find(memorised, "settings_in_force").meaning
    generation = memorised.params.generation.model_copy(update={"num_beams": 4})
    run = dataclasses.replace(memorised, params=memorised.params.model_copy(update={"generation": generation}))
    finding = find(run, "settings_in_force")
    assert finding.status is Status.FAILURE
    assert "num_beams 1 instead of 4" in finding.meaning


def test_a_model_that_knows_and_may_not_write_falls_behind_what_it_knows(memorised: Evidence) -> None:
    finding = find(evaluated_with(memorised, max_length=5), "free_running")
    assert finding.status is Status.FAILURE
    assert (finding.figure or 1) < 0.5


REFERENCES = [f"The {word} was sold at the market in the morning." for word in ("car", "cat", "hat", "bed", "cup")] * 4


@pytest.mark.parametrize(
    ("name", "summaries"),
    [
        ("empty_summaries", ["", *REFERENCES[1:4], " "] * 4),
        ("repeating_summaries", [f"{text} The car was sold, the car was sold." for text in REFERENCES]),
        ("summary_lengths", [text[:12] for text in REFERENCES]),
        ("summary_lengths", [3 * text for text in REFERENCES]),
        ("same_summaries", REFERENCES[:1] * 20),
    ],
)
def test_summaries_alone_show_symptoms(name: str, summaries: list[str]) -> None:
    assert found(given(REFERENCES, REFERENCES), SYMPTOMS) == {}
    run = given(summaries, REFERENCES)
    assert found(run, [name]) == {name: Status.FAILURE}
    [check] = [check for check in CATALOGUE if check.name == name]
    assert len(check.may_be) > 1


def test_empty_summaries_are_named_and_not_a_difference_in_form() -> None:
    run = given([""] * 20, REFERENCES)
    assert find(run, "empty_summaries").status is Status.FAILURE
    assert find(run, "summary_differences").status is Status.NOT_APPLICABLE


def test_the_summary_that_many_dialogues_have_is_shown() -> None:
    meaning = find(given(["nan"] * 8 + REFERENCES[8:], REFERENCES), "same_summaries").meaning
    assert meaning == "8 of 20 summaries are the same ('nan'); different summaries: 6"


def test_references_that_repeat_themselves_excuse_summaries_that_do() -> None:
    repeating = ["row, row, row, row your boat", "so it goes, so it goes, so it goes"] * 10
    assert found(given(repeating, repeating), ["repeating_summaries"]) == {}


@pytest.mark.parametrize(("share", "status"), [(0.0, Status.PASS), (0.05, Status.WARNING), (0.5, Status.FAILURE)])
def test_summaries_that_were_cut_are_counted_in_the_metrics(memorised: Evidence, share: float, status: Status) -> None:
    assert memorised.recorded is not None
    recorded = dataclasses.replace(memorised.recorded, rouge={"test": {"unfinished": share}})
    assert find(dataclasses.replace(memorised, recorded=recorded), "unfinished_summaries").status is status


CHINESE = [f"小明告诉小红他{day}要去北京看朋友，然后一起吃饭。" for day in ("周一", "周二", "周三", "周四", "周五")] * 4
KOREAN = [f"철수는 {day} 서울에서 친구를 만나 저녁을 먹었다." for day in ("월요일", "화요일", "수요일", "목요일")] * 5


@pytest.mark.parametrize(
    ("references", "loop"),
    [
        (CHINESE, "小明说他要去北京" * 6),
        (KOREAN, "철수는 친구를 만났다" + "." * 440),
        (REFERENCES, "#Person1#" * 9),
        (REFERENCES, "The car-car-car-car-car-car was sold."),
    ],
)
def test_loops_without_blanks_are_counted(references: list[str], loop: str) -> None:
    assert found(given(references, references), ["repeating_summaries"]) == {}
    run = given([loop] * 10 + references[10:], references)
    assert found(run, ["repeating_summaries"]) == {"repeating_summaries": Status.FAILURE}


def test_lengths_are_counted_in_the_tokens_of_the_metric() -> None:
    run = given([text[: len(text) // 3] for text in CHINESE], CHINESE)
    finding = find(run, "summary_lengths")
    assert finding.status is Status.FAILURE
    assert finding.meaning == "summaries have 8 tokens of the metric, references 22"
