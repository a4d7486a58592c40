"""Checkpoints are pinned, whole, and read without running anything that they bring along."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file
from support.checkpoints import FAMILIES
from transformers import BertConfig, BertModel

from beamline.core.errors import BeamlineError
from beamline.models.checkpoint import Checkpoint, fingerprint
from beamline.models.families import choose_family
from beamline.models.weights import load_model


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("saved") / "bart"
    FAMILIES["bart"].save(directory)
    return directory


@pytest.fixture
def local(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A checkpoint named by a relative path, as a person would."""
    shutil.copytree(saved, tmp_path / "bart")
    monkeypatch.chdir(tmp_path)
    return "bart"


HUB = "expected the 40-digit commit of {} on the hub (branches move; the commit is on its 'Files' page), found "


@pytest.mark.parametrize(
    ("name", "revision", "found"),
    [
        ("facebook/bart-base", None, "None"),
        ("facebook/bart-base", "main", "'main'"),
        ("facebook/bart-base", "aadd2ab0ae0c8268c7c9693540e9904811f36177"[:7], "'aadd2ab'"),
        ("t5-small", None, "None; if t5-small is meant as a directory, there is none"),
    ],
)
def test_hub_id_needs_a_whole_commit(name: str, revision: str | None, found: str) -> None:
    assert refusal(name, revision) == f"model.revision: {HUB.format(name)}{found}"


def test_hub_id_at_a_commit_is_accepted_without_a_look_at_the_hub() -> None:
    assert not Checkpoint("facebook/bart-base", "aadd2ab0ae0c8268c7c9693540e9904811f36177").is_local


@pytest.mark.parametrize("name", ["/models/bart", "./bart", "../models/bart", "~/bart", "runs/models/bart"])
def test_a_path_without_a_directory_is_not_taken_for_a_hub_id(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for revision in (None, "main", "0" * 40):
        assert refusal(name, revision) == (
            f"model.name: {name}: no such directory; expected the directory of a checkpoint,"
            " or an id on the hub such as facebook/bart-base"
        )


def test_unpinned_directory_says_how_to_pin_it(local: str) -> None:
    pin = f"-S model.revision={fingerprint(Path(local))}"
    assert refusal(local, None) == f"model.revision: bart is not pinned; to use it as it is now: {pin}"


def test_a_branch_does_not_pin_a_directory(local: str) -> None:
    assert refusal(local, "main") == (
        "model.revision: that of a directory is its fingerprint, found 'main' for bart;"
        f" to use it as it is now: -S model.revision={fingerprint(Path(local))}"
    )


def test_changed_directory_is_refused_until_pinned_anew(local: str) -> None:
    before = fingerprint(Path(local))
    Checkpoint(local, before)
    with Path(local, "tokenizer_config.json").open("a") as file:
        file.write("\n")
    after = fingerprint(Path(local))
    assert refusal(local, before) == (
        f"model.revision: bart is pinned to {before} but its files changed; "
        f"to use it as it is now: -S model.revision={after}"
    )
    Checkpoint(local, after)


def test_file_that_cannot_be_read_is_one_line(local: str) -> None:
    Path(local, "weights.safetensors").symlink_to("/proc/self/mem")  # whose first page nobody can read, whoever asks
    assert refusal(local, None) == "model.name: bart: can't be read (Input/output error)"


def test_fingerprint_is_of_names_and_contents_and_not_of_place_time_or_hidden_files(local: str) -> None:
    before = fingerprint(Path(local))
    Path(local, ".cache").mkdir()
    Path(local, ".cache", "lock").touch()
    Path(local, "config.json").touch()
    shutil.copytree(local, "elsewhere")
    assert fingerprint(Path("elsewhere")) == fingerprint(Path(local)) == before
    Path("elsewhere", "config.json").rename(Path("elsewhere", "config2.json"))
    assert fingerprint(Path("elsewhere")) != before


def test_directory_without_a_config_is_no_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    assert refusal("empty", None) == "model.name: empty holds no config.json, so it is not a checkpoint"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("{", "model.name: bart: It looks like the config file at 'bart/config.json' is not a valid JSON file."),
        ('{"model_type": "unheard-of"}', "model.name: bart: The checkpoint you are trying to load has model type"),
    ],
)
def test_broken_config_is_one_line(local: str, config: str, message: str) -> None:
    Path(local, "config.json").write_text(config, encoding="utf-8")
    with pytest.raises(BeamlineError) as refused:
        Checkpoint(local, fingerprint(Path(local))).config()
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


def test_pickled_weights_are_refused_by_name(local: str) -> None:
    Path(local, "model.safetensors").unlink()
    torch.save({}, Path(local, "pytorch_model.bin"))
    with pytest.raises(BeamlineError) as refused:
        load_model(local)
    assert str(refused.value) == (
        "bart: pytorch_model.bin is a pickle, which can run any code when it is read; convert it to safetensors"
    )


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cache(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cached part of owner/name at `COMMIT`: a config, no weights. The hub itself is out of reach."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    repository = tmp_path / "models--owner--name"
    snapshot = repository / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    shutil.copy(saved / "config.json", snapshot)
    return repository


UNREACHABLE = (
    f"model.name: {{}}: the hub ({constants.ENDPOINT}) can't be reached, and its cache lacks the checkpoint;"
    " download it where there is a network, and give its directory"
)


@pytest.mark.parametrize("name", ["owner/name", "owner/other"], ids=["config is cached", "nothing is cached"])
def test_hub_out_of_reach_says_how_to_do_without(cache: Path, name: str) -> None:
    with pytest.raises(BeamlineError) as refused:
        load_model(name, COMMIT)
    assert str(refused.value) == UNREACHABLE.format(name)


def test_hub_out_of_reach_when_the_tokenizer_is_settled(cache: Path) -> None:
    for load in (Checkpoint("owner/other", COMMIT).config, lambda: Checkpoint("owner/other", COMMIT).tokenizer(None)):
        with pytest.raises(BeamlineError) as refused:
            load()
        assert str(refused.value) == UNREACHABLE.format("owner/other")


def test_hub_checkpoint_without_safetensors_is_refused_for_what_pickles_can_do(cache: Path) -> None:
    noted = cache / ".no_exist" / COMMIT  # where the cache keeps what the hub says it doesn't have
    noted.mkdir(parents=True)
    for name in ("model.safetensors", "model.safetensors.index.json"):
        (noted / name).touch()
    with pytest.raises(BeamlineError) as refused:
        load_model("owner/name", COMMIT)
    assert str(refused.value) == (
        f"model.revision: owner/name has no safetensors at {COMMIT}; a pickle can run any code when it is read, and"
        " is refused: take a commit with safetensors, or convert it and give its directory"
    )


def test_a_pickle_beside_safetensors_is_left_alone(local: str) -> None:
    torch.save({}, Path(local, "pytorch_model.bin"))
    assert load_model(local).config.model_type == "bart"


def test_torn_safetensors_are_one_line_that_does_not_blame_a_pickle(local: str) -> None:
    torch.save({}, Path(local, "pytorch_model.bin"))
    weights = Path(local, "model.safetensors")
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(BeamlineError) as refused:
        load_model(local)
    assert str(refused.value).startswith("bart: ")
    assert "pickle" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_missing_weights_are_refused_and_not_drawn_at_random(local: str) -> None:
    path = Path(local, "model.safetensors")
    weights = load_file(path)
    for part in ("fc1.weight", "fc2.weight"):
        del weights[f"model.decoder.layers.0.{part}"]
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(BeamlineError) as refused:
        load_model(local)
    first = "model.decoder.layers.0.fc1.weight"
    assert str(refused.value) == f"bart: 2 weights are not in its safetensors, first {first}"


def test_code_that_comes_with_a_checkpoint_is_not_run(local: str) -> None:
    config = json.loads(Path(local, "config.json").read_text(encoding="utf-8"))
    config |= {"model_type": "custom", "auto_map": {"AutoConfig": "code.C", "AutoModelForSeq2SeqLM": "code.M"}}
    Path(local, "config.json").write_text(json.dumps(config), encoding="utf-8")
    Path(local, "code.py").write_text("open('ran', 'w')\n", encoding="utf-8")
    with pytest.raises(BeamlineError):
        Checkpoint(local, fingerprint(Path(local))).config()
    with pytest.raises(BeamlineError):
        load_model(local)
    assert not Path("ran").exists()


def test_model_of_no_known_family_is_refused(tmp_path: Path) -> None:
    size = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    BertModel(BertConfig(vocab_size=20, **size)).save_pretrained(tmp_path)
    with pytest.raises(BeamlineError) as refused:
        load_model(tmp_path)
    assert str(refused.value) == (
        f"model.name: {tmp_path}: a model of type bert belongs to no known family (seq2seq, causal);"
        " choose another checkpoint"
    )


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("bart", (128, 128)),
        ("led", (128, 128)),
        ("marian", (128, 128)),
        ("bert2bert", (128, 128)),
        ("t5", (None, None)),
    ],
)
def test_position_limits_are_where_each_family_has_them(
    tmp_path: Path, name: str, limits: tuple[int | None, int | None]
) -> None:
    FAMILIES[name].save(tmp_path)
    config = Checkpoint(str(tmp_path), fingerprint(tmp_path)).config()
    assert choose_family(config, name).position_limits(config, source_tokens=100) == limits


def refusal(name: str, revision: str | None) -> str:
    with pytest.raises(BeamlineError) as refused:
        Checkpoint(name, revision)
    return str(refused.value)
