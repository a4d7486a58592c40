"""What isn't ours is kept in its place: secrets in no file, a checkpoint's code unrun, the data's markup as text."""

import json
import secrets
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from support.checkpoints import FAMILIES
from support.repository import Repository, tiny_repository

from beamline.core.errors import BeamlineError
from beamline.core.files import replaced_directory, write_json
from beamline.models.checkpoint import Checkpoint, fingerprint
from beamline.models.weights import load_model
from beamline.training.work import Work

TOKENS = {
    "WANDB_API_KEY": secrets.token_hex(20),
    "HF_TOKEN": f"hf_{secrets.token_hex(17)}",
    "HUGGING_FACE_HUB_TOKEN": f"hf_{secrets.token_hex(17)}",
}
MARKUP = "</script><script>steal()</script><img src=x onerror=steal()>"
HOSTILE = f'{MARKUP} | --- | `code` **bold** [link](javascript:steal()) "quoted" &amp;'


class Page(HTMLParser):
    """The names of a page's elements, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.names.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Repository, str]:
    """A repository whose test dialogues hold markup, run with tokens in the environment; all that was printed."""
    directory = tmp_path_factory.mktemp("hostile")
    (directory / "home").mkdir()
    tiny = tiny_repository(directory / "clone")
    repository = Repository(tiny.path, {**TOKENS, "HOME": str(directory / "home")})
    test = repository.path / "data/tiny/test.jsonl"
    rows = [json.loads(line) for line in test.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        row["id"] = f"{row['id']} {MARKUP}"
        row["dialogue"] = f"{row['dialogue']}\n#Person1#: {HOSTILE}"
    test.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    repository.set({"tracking.wandb": "offline", "train.num_train_epochs": 1, "train.keep": 1})
    commands = [("repro", "--verbose"), ("plots", "show"), ("metrics", "show")]
    printed = "".join(done.stdout + done.stderr for done in (repository.dvc(*command) for command in commands))
    return repository, printed


def test_tokens_reach_the_stages_and_no_file_nor_the_terminal(hostile: tuple[Repository, str]) -> None:
    repository, printed = hostile
    for name, token in TOKENS.items():
        assert token in repository.run("printenv", name).stdout
    assert list((repository.path / "wandb").glob("offline-run-*/*.wandb")), (
        "W&B recorded nothing, so this proves nothing"
    )
    written = [path.read_bytes() for path in repository.path.parent.rglob("*") if path.is_file()]
    for token in TOKENS.values():
        assert token not in printed
        assert not any(token.encode() in content for content in written)


def test_plots_page_holds_no_text_of_the_data(hostile: tuple[Repository, str]) -> None:
    """DVC writes plots into a script of its page as they are, so that no text of the data may stand in them."""
    repository, _ = hostile
    page = (repository.path / "dvc_plots/index.html").read_text(encoding="utf-8")
    assert "summary_words" in page
    assert "steal" not in page


def test_compare_as_markdown_takes_markup_of_the_data_for_text(tmp_path: Path) -> None:
    rows = [
        {"id": f"{number} {MARKUP}", "references": [f"He buys {number} apples.\n\n# {HOSTILE}"]} for number in range(8)
    ]
    for name, more in (("a", "pears"), ("b", f"apples {HOSTILE}\n```\n")):
        lines = [json.dumps({**row, "summary": f"He buys {more}"}) for row in rows]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    files = [str(tmp_path / f"{name}.jsonl") for name in ("a", "b")]
    markdown = Repository(tmp_path).run("python", "-m", "beamline", "compare", *files, "--markdown").stdout
    page = Page(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown))
    ours = {
        "ul",
        "li",
        "p",
        "strong",
        "em",
        "code",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "br",
        "details",
        "summary",
    }
    assert page.names <= ours
    assert MARKUP in page.text
    assert f"# {HOSTILE}" in page.text


@pytest.mark.parametrize("auto_map", ["AutoConfig", "AutoTokenizer", "AutoModelForSeq2SeqLM"])
def test_code_named_by_a_checkpoint_of_a_known_family_is_not_run(
    auto_map: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an unknown family: tests/test_checkpoint.py."""
    monkeypatch.chdir(tmp_path)
    checkpoint = tmp_path / "bart"
    FAMILIES["bart"].save(checkpoint)
    classes = ["canary.C", "canary.C"] if auto_map == "AutoTokenizer" else "canary.C"
    for name in ("config.json", "tokenizer_config.json"):
        config = json.loads((checkpoint / name).read_text(encoding="utf-8"))
        (checkpoint / name).write_text(json.dumps({**config, "auto_map": {auto_map: classes}}), encoding="utf-8")
    (checkpoint / "canary.py").write_text("open('ran', 'w')\n", encoding="utf-8")
    pinned = Checkpoint("bart", fingerprint(checkpoint))
    assert pinned.config().model_type == "bart"
    pinned.tokenizer(language=None)
    load_model("bart")
    assert not list(tmp_path.rglob("ran"))


@pytest.mark.parametrize("link", ["metrics", "models", "plots", "reports", "data"])
def test_link_out_of_the_repository_is_not_written_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: str
) -> None:
    """As a cloned repository may bring it: git stores symbolic links."""
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "training").mkdir(parents=True)
    (elsewhere / "train.json").write_text("not ours")
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / link).symlink_to(elsewhere)
    monkeypatch.chdir(repository)
    with pytest.raises(BeamlineError, match=rf"^{link}.*symbolic link"):
        write_json(Path(link, "train.json"), {})
    with pytest.raises(BeamlineError, match=rf"^{link}.*symbolic link"), replaced_directory(Path(link, "training")):
        pass
    with pytest.raises(BeamlineError, match=rf"^{link}: a symbolic link"), replaced_directory(Path(link)):
        pass
    assert sorted(path.name for path in elsewhere.iterdir()) == ["train.json", "training"]
    assert (elsewhere / "train.json").read_text() == "not ours"


@pytest.mark.parametrize("name", ["models", "models.unfinished", "models.previous"])
def test_link_in_place_of_what_only_this_program_makes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("not ours")
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / name).symlink_to(elsewhere)
    monkeypatch.chdir(repository)
    with pytest.raises(BeamlineError, match=rf"^{name}: a symbolic link"), replaced_directory(Path("models")):
        pass
    assert [path.name for path in elsewhere.iterdir()] == ["precious"]


def test_link_in_place_of_an_unfinished_file_is_not_written_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").write_text("not ours")
    repository = tmp_path / "repository"
    (repository / "metrics").mkdir(parents=True)
    (repository / "metrics" / "rouge.json.unfinished").symlink_to(tmp_path / "elsewhere")
    monkeypatch.chdir(repository)
    write_json(Path("metrics/rouge.json"), {})
    assert (tmp_path / "elsewhere").read_text() == "not ours"
    assert json.loads((repository / "metrics" / "rouge.json").read_text()) == {}


@pytest.mark.parametrize("link", [".work", ".work/train-key", ".work/train-key/unfinished", ".work/train-key/kept"])
@pytest.mark.parametrize("temporary", [False, True], ids=["workspace", "temporary run"])
def test_link_in_place_of_unfinished_work_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: str, temporary: bool
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "train-key").mkdir(parents=True)
    (elsewhere / "precious").write_text("not ours")
    repository = tmp_path / "repository"
    (repository / link).parent.mkdir(parents=True)
    (repository / link).symlink_to(elsewhere)
    run = repository / ".dvc" / "tmp" / "run" if temporary else repository
    run.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(run)
    monkeypatch.setenv("DVC_ROOT", str(repository))
    with pytest.raises(BeamlineError, match="symbolic link"), Work(repository / ".work" / "train-key").held(print):
        pass
    assert sorted(path.name for path in elsewhere.rglob("*")) == ["precious", "train-key"]


def test_link_within_the_repository_and_a_link_to_the_cache_are_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("cached")
    repository = tmp_path / "repository"
    (repository / "disk").mkdir(parents=True)
    (repository / "metrics").symlink_to("disk")
    (repository / "disk" / "train.json").symlink_to(tmp_path / "cache")
    monkeypatch.chdir(repository)
    write_json(Path("metrics/train.json"), {})
    assert (tmp_path / "cache").read_text() == "cached", "DVC's cache is shared, and what is linked there stays"
    assert json.loads((repository / "disk" / "train.json").read_text()) == {}
