from operator import attrgetter
from pathlib import Path

import pytest
from support.repository import ROOT

from beamline.core.errors import BeamlineError
from beamline.core.params import PAST_VALUES, read_params

COMMITTED = (ROOT / "params.yaml").read_text(encoding="utf-8")


def read_changed(directory: Path, old: str, new: str):  # type: ignore[no-untyped-def]
    assert old in COMMITTED
    path = directory / "params.yaml"
    path.write_text(COMMITTED.replace(old, new, 1), encoding="utf-8")
    return read_params(path)


def line_of(text: str) -> int:
    return COMMITTED[: COMMITTED.index(text)].count("\n") + 1


def test_committed_params_are_the_greedy_baseline_ready_for_beam_search() -> None:
    generation = read_params(ROOT / "params.yaml").generation
    assert generation.model_dump(include={"num_beams", "max_length", "min_length", "no_repeat_ngram_size"}) == {
        "num_beams": 1,
        "max_length": 100,
        "min_length": 1,
        "no_repeat_ngram_size": 3,
    }
    assert generation.early_stopping
    assert not generation.do_sample
    assert (generation.repetition_penalty, generation.length_penalty) == (1.2, 2.0)


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ("num_beams: 1", "num_beam: 1", "generation.num_beam", "unknown key; did you mean 'num_beams'?"),
        ("seed: 42", "seeds: 42", "seeds", "unknown key; did you mean 'seed'?"),
        ("num_beams: 1", "num_beams: four", "generation.num_beams", "expected a valid integer, found 'four'"),
        ("num_beams: 1", "num_beams: 0", "generation.num_beams", "expected greater than or equal to 1, found 0"),
        ("mode: longest", "mode: long", "padding.mode", "expected 'longest' or 'max_length', found 'long'"),
        ("learning_rate: 0.002", "learning_rate: .nan", "train.learning_rate", "expected a finite number, found nan"),
        ("seed: 42", "seed: true", "seed", "expected a valid integer, found True"),
    ],
)
def test_bad_value_names_file_line_key_and_what_is_allowed(
    tmp_path: Path, old: str, new: str, key: str, says: str
) -> None:
    with pytest.raises(BeamlineError) as raised:
        read_changed(tmp_path, old, new)
    assert str(raised.value) == f"{tmp_path}/params.yaml:{line_of(old)}: {key}: {says}"


def test_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(BeamlineError, match=r"generation\.num_beams: this key is missing"):
        read_changed(tmp_path, "  num_beams: 1", "  # num_beams: 1")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("attention_heads: 4", "attention_heads: 3", r"d_model \(128\) must be a multiple of attention_heads \(3\)"),
        ("min_length: 1", "min_length: 200", r"min_length \(200\) is above max_length \(100\)"),
        ("seed: 42", "seed: 1\nseed: 2", "found duplicate key"),
        ("wandb: disabled", "wandb: [a", "not valid YAML"),
    ],
)
def test_contradictions_and_broken_yaml_are_one_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(BeamlineError, match=says) as raised:
        read_changed(tmp_path, old, new)
    assert "\n" not in str(raised.value)


def test_numbers_are_read_as_dvc_reads_them(tmp_path: Path) -> None:
    assert read_changed(tmp_path, "learning_rate: 0.002", "learning_rate: 1e-4").train.learning_rate == 0.0001


def test_params_of_the_oldest_experiments_are_read_with_the_values_that_they_would_have_had() -> None:
    """older_params.yaml is that of 0.1.0: a key that is added without a past value fails here."""
    older = Path(__file__).with_name("older_params.yaml")
    params = read_params(older, past=True)
    for key, value in PAST_VALUES.items():
        section, name = key.rsplit(".", 1)
        assert getattr(attrgetter(section)(params), name) == value
    with pytest.raises(BeamlineError, match=r"data\.allow_leakage: unknown key"):
        read_params(older)


def test_a_key_that_was_renamed_is_read_by_its_past_name(tmp_path: Path) -> None:
    text = COMMITTED.replace("leakage: error ", "allow_leakage: true ")
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    assert read_params(tmp_path / "params.yaml", past=True).data.leakage == "warn"
    with pytest.raises(BeamlineError, match=r"data\.allow_leakage: unknown key; did you mean 'leakage'\?"):
        read_params(tmp_path / "params.yaml")


def test_a_past_key_that_is_there_keeps_its_value(tmp_path: Path) -> None:
    text = COMMITTED.replace("headline: rouge_f ", "headline: chrf ").replace("seed: 42", "seed: 42\nremoved: {a: 1}")
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    assert read_params(tmp_path / "params.yaml", past=True).metrics.headline == "chrf"


def test_empty_text_means_nothing_given(tmp_path: Path) -> None:
    assert read_changed(tmp_path, "name: null ", 'name: "" ').model.name is None


def test_absent_file_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(BeamlineError, match="no such file; run in the repository's root"):
        read_params(tmp_path / "params.yaml")
