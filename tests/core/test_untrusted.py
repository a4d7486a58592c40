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
from beamline.core.files import replaced_directory, unreplaced, write_json
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


@pytest.mark.extended
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


@pytest.mark.extended
def test_plots_page_holds_no_text_of_the_data(hostile: tuple[Repository, str]) -> None:
    """DVC writes plots into a script of its page as they are, so that no text of the data may stand in them."""
    repository, _ = hostile
    page = (repository.path / "dvc_plots/index.html").read_text(encoding="utf-8")
    assert "summary_words" in page
    assert "steal" not in page


@pytest.mark.slow
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


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """An empty git repository, the current directory; beside it lies `elsewhere`, with files that are not ours."""
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "training").mkdir(parents=True)
    (elsewhere / "train.json").write_text("not ours")
    (tmp_path / "repository").mkdir()
    repository = Repository(tmp_path / "repository")
    repository.init()
    monkeypatch.chdir(repository.path)
    return repository


def link(repository: Repository, name: str, *, tracked: bool) -> Path:
    """A link to `elsewhere`: one that git tracks comes with a clone, any other was made by the user."""
    elsewhere = repository.path.parent / "elsewhere"
    (repository.path / name).parent.mkdir(parents=True, exist_ok=True)
    (repository.path / name).symlink_to(elsewhere)
    if tracked:
        repository.commit("a link")
    return elsewhere


def contents(directory: Path) -> dict[str, str]:
    return {str(path.relative_to(directory)): path.read_text() for path in directory.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["metrics", "models", "plots", "reports", "data"])
def test_tracked_link_out_of_the_repository_is_not_written_through(repository: Repository, name: str) -> None:
    elsewhere = link(repository, name, tracked=True)
    message = rf"^{name}: a symbolic link, which came with the repository's files; remove it"
    with pytest.raises(BeamlineError, match=message):
        write_json(Path(name, "train.json"), {})
    with pytest.raises(BeamlineError, match=message), replaced_directory(Path(name, "training")):
        pass
    with pytest.raises(BeamlineError, match=message), replaced_directory(Path(name)):
        pass
    with pytest.raises(BeamlineError, match=message), unreplaced(Path(name)):
        pass
    assert contents(elsewhere) == {"train.json": "not ours"}


@pytest.mark.parametrize("name", ["metrics", "models", "plots", "reports", "data"])
def test_link_that_the_user_made_is_written_through_and_stays(repository: Repository, name: str) -> None:
    elsewhere = link(repository, name, tracked=False)
    write_json(Path(name, "rouge.json"), {})
    with replaced_directory(Path(name, "training")) as directory:
        (directory / "curve").write_text("new")
    assert contents(elsewhere) == {"train.json": "not ours", "rouge.json": "{}\n", "training/curve": "new"}
    with pytest.raises(ZeroDivisionError), replaced_directory(Path(name)):
        raise ZeroDivisionError
    assert "train.json" in contents(elsewhere)
    with replaced_directory(Path(name)) as directory:
        (directory / "weights").write_text("new")
        assert directory.parent == elsewhere.parent, "on the disk that the user chose"
    assert Path(name).is_symlink()
    assert contents(elsewhere) == {"weights": "new"}
    assert sorted(path.name for path in elsewhere.parent.iterdir()) == ["elsewhere", "repository"]


def test_link_that_the_user_made_to_a_directory_that_is_not_there_yet(repository: Repository) -> None:
    """As DVC leaves it if it removes what the link leads to."""
    Path("models").symlink_to(repository.path.parent / "scratch")
    with replaced_directory(Path("models")) as directory:
        (directory / "weights").write_text("new")
    assert contents(repository.path.parent / "scratch") == {"weights": "new"}


def test_link_is_refused_if_git_cannot_tell_who_made_it(repository: Repository) -> None:
    link(repository, "models", tracked=False)
    (repository.path / ".git").rename(repository.path / "no longer git")
    message = r"^models: a symbolic link, and git can't tell who made it \(fatal: not a git repository.*\); remove it"
    with pytest.raises(BeamlineError, match=message), replaced_directory(Path("models")):
        pass


@pytest.mark.parametrize("name", ["models.unfinished", "models.previous"])
def test_link_in_place_of_what_only_this_program_makes_is_refused(repository: Repository, name: str) -> None:
    elsewhere = link(repository, name, tracked=False)
    with pytest.raises(BeamlineError, match=rf"^{name}: a symbolic link"), replaced_directory(Path("models")):
        pass
    assert contents(elsewhere) == {"train.json": "not ours"}


def test_link_in_place_of_an_unfinished_file_is_not_written_through(repository: Repository) -> None:
    Path("metrics").mkdir()
    Path("metrics/rouge.json.unfinished").symlink_to(repository.path.parent / "elsewhere" / "train.json")
    write_json(Path("metrics/rouge.json"), {})
    assert contents(repository.path.parent / "elsewhere") == {"train.json": "not ours"}
    assert json.loads(Path("metrics/rouge.json").read_text()) == {}


@pytest.mark.parametrize("temporary", [False, True], ids=["workspace", "temporary run"])
@pytest.mark.parametrize(
    ("name", "tracked"),
    [
        (".work", True),
        (".work/train-key", True),
        (".work/train-key", False),
        (".work/train-key/unfinished", False),
        (".work/train-key/kept", False),
    ],
)
def test_link_in_place_of_unfinished_work_is_refused(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, name: str, tracked: bool, temporary: bool
) -> None:
    elsewhere = link(repository, name, tracked=tracked)
    run_within(repository, monkeypatch, temporary)
    with pytest.raises(BeamlineError, match="symbolic link"), Work(repository.path / ".work" / "train-key").held(print):
        pass
    assert contents(elsewhere) == {"train.json": "not ours"}


@pytest.mark.parametrize("temporary", [False, True], ids=["workspace", "temporary run"])
def test_unfinished_work_lies_where_the_users_link_leads(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, temporary: bool
) -> None:
    elsewhere = link(repository, ".work", tracked=False)
    run_within(repository, monkeypatch, temporary)
    with Work(repository.path / ".work" / "train-key").held(print):
        assert (elsewhere / "train-key" / "kept").is_dir()


def run_within(repository: Repository, monkeypatch: pytest.MonkeyPatch, temporary: bool) -> None:
    """Stand where DVC runs a stage: in the repository, or in a copy within it."""
    run = repository.path / ".dvc" / "tmp" / "run" if temporary else repository.path
    run.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(run)
    monkeypatch.setenv("DVC_ROOT", str(repository.path))


def test_link_within_the_repository_and_a_link_to_the_cache_are_no_obstacle(
    repository: Repository, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("cached")
    Path("disk").mkdir()
    Path("metrics").symlink_to("disk")
    repository.commit("a link")
    Path("disk/train.json").symlink_to(tmp_path / "cache")
    write_json(Path("metrics/train.json"), {})
    assert (tmp_path / "cache").read_text() == "cached", "DVC's cache is shared, and what is linked there stays"
    assert json.loads(Path("disk/train.json").read_text()) == {}
