"""The command on a real DVC repository, whose two stages make up summaries in place of a model, and on files."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.repository import Repository
from typer.testing import CliRunner

from beamline.cli import app
from beamline.core.errors import BeamlineError
from beamline.metrics import read_signature
from beamline.metrics.rouge import SCORES
from beamline.metrics.significance import holm

pytestmark = pytest.mark.slow

DVC_YAML = """
stages:
  train:
    cmd: python make.py train
    deps: [make.py]
    params: [seed, train]
    outs: [models]
  evaluate:
    cmd: python make.py evaluate
    deps: [models, make.py, test.json]
    params: [generation, rouge]
    outs: [reports/predictions.jsonl]
    metrics:
    - metrics/rouge.json:
        cache: false
"""
PARAMS = {
    "seed": 1,
    "train": {"learning_rate": 0.1, "threads": 2},
    "generation": {"num_beams": 1},
    "rouge": {"tokenizer": "english"},
    "tracking": {"wandb": "disabled"},
}
# A summary is better with more beams in most of the dialogues, and by luck of the seed.
MAKE = """
import json, pathlib, random, sys
from ruamel.yaml import YAML

params = YAML(typ="safe").load(pathlib.Path("params.yaml"))
if sys.argv[1] == "train":
    pathlib.Path("models").mkdir()
    pathlib.Path("models/weights.json").write_text(json.dumps(params["seed"]))
    sys.exit()
seed, beams = json.loads(pathlib.Path("models/weights.json").read_text()), params["generation"]["num_beams"]
luck, rows = random.Random(f"{seed}"), []
for test in json.loads(pathlib.Path("test.json").read_text()):
    hard = random.Random(test["id"])
    gain = 0.02 * (beams - 1) * hard.choice([1, 1, 1, -1, 0])
    score = min(max(hard.uniform(0.1, 0.6) + gain + luck.gauss(0, 0.01), 0), 1)
    scores = {"rouge1_f": score, "rouge2_f": score / 2, "rougeL_f": score * 0.9, "rougeLsum_f": score * 0.9}
    scores["rouge_f"] = (scores["rouge1_f"] + scores["rouge2_f"] + scores["rougeL_f"]) / 3
    summary = " ".join(test["references"][0].split()[: round(10 * score)])
    rows.append(test | {"summary": summary, "scores": scores})
for path in ("metrics", "reports"):
    pathlib.Path(path).mkdir(exist_ok=True)
pathlib.Path("reports/predictions.jsonl").write_text("".join(json.dumps(row) + "\\n" for row in rows))
means = {name: sum(row["scores"][name] for row in rows) / len(rows) for name in rows[0]["scores"]}
signature = f"rouge-score:0.1.2|tok:{params['rouge']['tokenizer']}|refs:1|n:{len(rows)}|bs:10000|seed:{seed}"
pathlib.Path("metrics/rouge.json").write_text(json.dumps({"test": means, "signature": signature}))
"""
TEST_SET = [
    {
        "id": f"test_{number}",
        "dialogue": f"#Person1#: Where is room {number}?\n#Person2#: Over there.",
        "references": [f"#Person1# asks where room {number} is and #Person2# shows the way to it."],
    }
    for number in range(60)
]


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """What a project holds after a week: branches, tags, experiments, and a workspace that isn't committed."""
    repository = Repository(tmp_path_factory.mktemp("compare") / "repository")
    repository.path.mkdir()
    repository.init()
    repository.git("commit", "--quiet", "--allow-empty", "-m", "before DVC")
    repository.git("tag", "before-dvc")
    repository.dvc("init", "--quiet")
    repository.dvc("config", "core.analytics", "false")
    (repository.path / "dvc.yaml").write_text(DVC_YAML, encoding="utf-8")
    (repository.path / "make.py").write_text(MAKE, encoding="utf-8")
    write_test_set(repository, TEST_SET)
    set_params(repository, {})
    repository.commit("start")
    repository.git("tag", "never-run")

    repository.dvc("repro", "--quiet")
    repository.commit("first results")
    for name, setting in {"beams": "generation.num_beams=4", "seed-2": "seed=2"}.items():
        repository.dvc("exp", "run", "--quiet", "-n", name, "-S", setting)
        repository.git("checkout", "--quiet", ".")

    def branch(name):
        repository.git("checkout", "--quiet", "-b", name, "main")
        return repository

    def finish():
        repository.dvc("repro", "--quiet")
        repository.commit("results")

    set_params(branch("team/words"), {"rouge": {"tokenizer": "words"}})
    finish()
    set_params(branch("seed-3"), {"seed": 3, "train": {"learning_rate": 0.1, "threads": 1}})
    finish()
    branch("other-code")
    set_params(repository, {"seed": 4})
    (repository.path / "make.py").write_text(f"# another\n{MAKE}", encoding="utf-8")
    finish()
    write_test_set(branch("longer"), [*reversed(TEST_SET), TEST_SET[0] | {"id": "test_60"}])
    finish()
    repository.git("tag", "v2.0")
    set_params(branch("lost"), {"generation": {"num_beams": 9}})
    finish()
    digest = re.search(r"path: reports/predictions.jsonl\n +hash: md5\n +md5: (\w+)", read(repository, "dvc.lock"))[1]
    (repository.path / ".dvc" / "cache" / "files" / "md5" / digest[:2] / digest[2:]).unlink()

    repository.git("checkout", "--quiet", "main")
    set_params(repository, {"generation": {"num_beams": 2}})
    repository.dvc("repro", "--quiet")
    return repository


def set_params(repository, changes):
    (repository.path / "params.yaml").write_text(json.dumps(PARAMS | changes, indent=1), encoding="utf-8")


def write_test_set(repository, rows):
    (repository.path / "test.json").write_text(json.dumps(rows), encoding="utf-8")


def read(repository, path):
    return (repository.path / path).read_text(encoding="utf-8")


@pytest.fixture
def inside(repository, monkeypatch):
    monkeypatch.chdir(repository.path)
    return repository


def run_compare(*arguments, width=80):
    result = CliRunner().invoke(app, ["compare", *arguments], env={"COLUMNS": str(width)})
    if isinstance(result.exception, BeamlineError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def run_json(*arguments):
    return json.loads(run_compare(*arguments, "--json"))


def error_of(*arguments):
    with pytest.raises(BeamlineError) as caught:
        run_compare(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def cells(line):
    return [cell.strip() for cell in re.split("[│┃]", line)[1:-1]]


def test_every_kind_of_revision_is_read_as_it_was_written_and_nothing_is_checked_out(inside):
    before = inside.git("status", "--porcelain").stdout, read(inside, "reports/predictions.jsonl")
    experiment = inside.git("for-each-ref", "--format=%(refname)", "refs/exps/**/beams").stdout.strip()
    commit = inside.git("rev-parse", "seed-3").stdout.strip()
    for name, revision in {"beams": experiment, "HEAD": "main", "seed-3": commit, commit[:9]: commit}.items():
        comparison = run_json("main", name)["comparisons"][0]
        written = json.loads(inside.git("show", f"{revision}:metrics/rouge.json").stdout)
        assert {score: figures["later"] for score, figures in comparison["scores"].items()} == pytest.approx(
            written["test"]
        )
        assert list(comparison["scores"]) == list(SCORES)
    report = run_json("main", "workspace")
    written = inside.read("metrics/rouge.json")["test"]["rouge_f"]
    assert report["comparisons"][0]["scores"]["rouge_f"]["later"] == pytest.approx(written)
    assert report["systems"][1]["changed_settings"] == {"generation.num_beams": [1, 2]}
    assert (inside.git("status", "--porcelain").stdout, read(inside, "reports/predictions.jsonl")) == before


def test_a_revision_is_no_better_than_itself(inside):
    report = run_json("main", "main")
    for figures in report["comparisons"][0]["scores"].values():
        assert (figures["difference"], figures["interval"], figures["p"]) == (0, [0, 0], 1)
    assert (report["comparisons"][0]["gained"], report["comparisons"][0]["lost"], report["seeds"]) == ([], [], [])


def test_table_fits_a_terminal_and_ends_with_the_signature(inside):
    output = run_compare("main", "beams", "--dialogues", "2")
    lines = output.splitlines()
    commit = inside.git("rev-parse", "--short=7", "main").stdout.strip()
    assert lines[0] == f"A  main ({commit})"
    assert re.fullmatch(r"B  beams \(\w{7}\): generation.num_beams 1 → 4", lines[1])
    header = next(number for number, line in enumerate(lines) if "× 100" in line)
    assert cells(lines[header]) == ["× 100", "A", "B", "B - A", "95 % interval", "p"]
    report = run_json("main", "beams")
    for line, (name, figures) in zip(lines[header + 2 :], report["comparisons"][0]["scores"].items(), strict=False):
        low, high = (100 * bound for bound in figures["interval"])
        assert cells(line) == [
            name,
            f"{100 * figures['first']:.2f}",
            f"{100 * figures['later']:.2f}",
            f"{100 * figures['difference']:+.2f}",
            f"{low:+.2f} to {high:+.2f}",
            f"{figures['p']:.4f}",
        ]
    signature = next(line for line in lines if "tok:" in line)
    assert signature == "rouge-score:0.1.2|tok:english|refs:1|n:60|bs:10000|ar:10000|seed:42"
    assert report["signatures"] == [signature] * 2
    assert max(map(len, lines)) <= 80
    assert "noise of training" in output
    assert output.endswith("dvc exp run --queue -S seed=1,2,3\n")


def test_dialogues_that_gained_and_lost_most_stand_side_by_side(inside):
    comparison = run_json("main", "beams")["comparisons"][0]
    rows = {
        name: {row["id"]: row for row in map(json.loads, text.splitlines())}
        for name, text in {"main": dvc_file(inside, "main"), "beams": dvc_file(inside, "beams")}.items()
    }
    changes = {
        key: row["scores"]["rouge_f"] - rows["main"][key]["scores"]["rouge_f"] for key, row in rows["beams"].items()
    }
    assert [row["id"] for row in comparison["gained"]] == sorted(changes, key=changes.get, reverse=True)[:10]
    assert [row["id"] for row in comparison["lost"]] == sorted(changes, key=changes.get)[:10]
    for row in comparison["lost"]:
        assert row["change"] == pytest.approx(changes[row["id"]])
        assert (row["first"], row["later"]) == tuple(rows[name][row["id"]]["summary"] for name in ("main", "beams"))
        assert row["references"] == rows["main"][row["id"]]["references"]
    output = run_compare("main", "beams", width=120)
    assert output.index("Gained most") < output.index("Lost most")
    assert len(re.findall(r"│ test_\d+ +│", output)) == 20
    assert "Gained most" not in run_compare("main", "beams", "--dialogues", "0")


def dvc_file(repository, revision):
    command = "import sys, dvc.api; sys.stdout.write(dvc.api.read('reports/predictions.jsonl', rev=sys.argv[1]))"
    return repository.run(sys.executable, "-c", command, revision).stdout


def test_signatures_that_differ_are_refused(inside):
    message = (
        "signatures differ in tok: english in main, words in team/words;"
        " --rescore scores all alike, --force compares them as they are"
    )
    assert error_of("main", "team/words") == message
    assert error_of("main", "beams", "team/words") == message
    output = run_compare("main", "team/words", "--force")
    assert f"Not comparable, but --force: {message.partition(';')[0]}" in " ".join(output.split())
    assert "A  rouge-score:0.1.2|tok:english|" in output
    assert "B  rouge-score:0.1.2|tok:words|" in output


def test_rescoring_makes_them_comparable(inside):
    report = run_json("main", "team/words", "--rescore")
    assert report["problems"] == []
    assert report["signatures"][0] == report["signatures"][1]
    assert "|tok:english|stem:yes|refs:1|multi:none|" in report["signatures"][0]
    assert report["comparisons"][0]["scores"]["rouge1_f"]["p"] == 1  # the summaries are the same


def test_rescoring_keeps_the_settings_that_the_first_was_run_with(inside):
    report = run_json("team/words", "main", "--rescore")
    assert "|tok:words|" in report["signatures"][0]
    assert report["signatures"][0] == report["signatures"][1]


def test_seeds_of_the_bootstrap_and_threads_are_no_difference(inside):
    run_compare("main", "seed-3")


def test_test_sets_that_differ_are_refused(inside):
    message = error_of("main", "v2.0")
    assert message == (
        "test sets differ in their ids: 'test_60' is in v2.0 (61 dialogues), not in main (60 dialogues);"
        " --force compares the dialogues that all have"
    )
    forced = run_json("main", "v2.0", "--force")
    assert forced["dialogues"] == 60
    assert len(forced["comparisons"][0]["gained"]) == 10  # in another order the luck of the seed falls on others
    assert forced["problems"][0] == message.partition(";")[0]


def test_several_systems_are_compared_with_the_first_and_corrected_for_their_number(inside):
    names = ["main", "beams", "workspace", "seed-3"]
    report = run_json(*names)
    assert [pair["later"] for pair in report["comparisons"]] == ["B", "C", "D"]
    for score in SCORES:
        found = [pair["scores"][score] for pair in report["comparisons"]]
        assert [result["p_holm"] for result in found] == holm([result["p"] for result in found])
        assert len({result["first"] for result in found}) == 1
    alone = run_json("main", "workspace")["comparisons"][0]["scores"]["rouge1_f"]
    assert alone["p_holm"] == alone["p"]
    lines = run_compare(*names, "--dialogues", "0").splitlines()
    header = next(number for number, line in enumerate(lines) if "× 100" in line)
    assert cells(lines[header]) == ["× 100", "", "score", "minus A", "95 % interval", "p, Holm"]
    assert [cells(line)[:2] for line in lines[header + 2 : header + 6]] == [
        ["rouge1_f", "A"], ["", "B"], ["", "C"], ["", "D"],
    ]  # fmt: skip


def test_spread_between_seeds_of_the_same_code_data_and_parameters(inside):
    report = run_json("main", "beams", "seed-2", "seed-3", "other-code")
    (group,) = report["seeds"]
    assert (group["systems"], group["seeds"]) == (["A", "C", "D"], [1, 2, 3])
    means = [report["comparisons"][0]["scores"]["rouge_f"]["first"]]
    means += [report["comparisons"][number]["scores"]["rouge_f"]["later"] for number in (1, 2)]
    spread = group["scores"]["rouge_f"]
    assert (spread["lowest"], spread["highest"]) == pytest.approx((min(means), max(means)))
    middle = sum(means) / 3
    assert spread["standard_deviation"] == pytest.approx((sum((mean - middle) ** 2 for mean in means) / 2) ** 0.5)

    output = run_compare("main", "seed-2", "--dialogues", "0")
    assert "Between seeds of the same code, data and parameters" in output
    assert "A: 1, C: 2" not in output
    assert "A: 1, B: 2" in output
    assert max(map(len, output.splitlines())) <= 80
    output = run_compare("main", "other-code", "--dialogues", "0")
    assert "Between seeds" not in output
    assert "seed 1 → 4, content of make.py changed" in output


def test_markdown_fits_a_pull_request(inside):
    lines = run_compare("main", "beams", "--markdown", "--dialogues", "3").splitlines()
    assert lines[0].startswith("- **A** main (")
    header = lines.index("| × 100 | A | B | B - A | 95 % interval | p |")
    assert lines[header + 1] == "| --- | ---: | ---: | ---: | ---: | ---: |"
    assert lines[header + 2].startswith("| `rouge1_f` | ")
    assert lines.count("<details>") == lines.count("</details>") == 2
    assert "<summary>Gained most from A to B, in rouge_f × 100</summary>" in lines
    assert sum(line.startswith(r"| test\_") for line in lines) == 6
    assert "`rouge-score:0.1.2|tok:english|refs:1|n:60|bs:10000|ar:10000|seed:42`" in lines
    assert "\n**Between seeds of the same code, data and parameters**\n\n| seeds | × 100 |" in run_compare(
        "main", "seed-2", "--markdown"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected two systems or more, found 0; for instance: main workspace"),
        (["main"], "expected two systems or more, found 1; for instance: main workspace"),
        (["main", "beams", "--json", "--markdown"], "--json, --markdown: only one of them can be printed"),
        (["main", "absent"], "absent: no such experiment, branch, tag, commit or file"),
        (["main", "absent.jsonl"], "absent.jsonl: can't be read: No such file or directory"),
        (
            ["main", "never-run"],
            "never-run: no predictions, its evaluation never ran (dvc.lock has no reports/predictions.jsonl);"
            " run dvc repro, or: dvc exp run -n NAME, then compare with workspace or NAME",
        ),
        (
            ["main", "before-dvc"],
            "before-dvc: no predictions, its evaluation never ran (dvc.lock has no reports/predictions.jsonl);"
            " run dvc repro, or: dvc exp run -n NAME, then compare with workspace or NAME",
        ),
        (
            ["lost", "main"],
            "lost: reports/predictions.jsonl is not in the cache; get it with dvc pull, or check out and dvc repro",
        ),
    ],
)
def test_error_is_one_line(inside, arguments, message):
    assert error_of(*arguments) == message


@pytest.mark.parametrize(
    ("path", "content", "message"),
    [
        (
            "metrics/rouge.json",
            '{"test": {}}',
            "workspace: metrics/rouge.json holds no signature to say how it was scored;"
            " --rescore scores all systems here",
        ),
        (
            "reports/predictions.jsonl",
            '{"id": "test_0", "references": ["a"], "summary": "a", "scores": {"rouge1_f": 1}}\n',
            "workspace:reports/predictions.jsonl: scores don't hold rouge_f for every dialogue;"
            " --rescore scores all systems here",
        ),
        (
            "reports/predictions.jsonl",
            "not JSON\n",
            "workspace:reports/predictions.jsonl:1: not JSON: Expecting value at column 1;"
            " expected one JSON object a line; run: dvc repro evaluate",
        ),
        ("dvc.lock", "<<<<<<< HEAD\n- {", "workspace: dvc.lock can't be read: "),
        (".dvc/config", "[core]\n    remoet = store\n", "main: DVC can't read this revision: config file error: "),
    ],
)
def test_damaged_workspace_is_one_line(inside, path, content, message):
    before = read(inside, path)
    try:
        (inside.path / path).write_text(content, encoding="utf-8")
        assert error_of("main", "workspace").startswith(message)
    finally:
        (inside.path / path).write_text(before, encoding="utf-8")


def test_error_goes_to_stderr_and_the_exit_code_is_1(tmp_path):
    command = [sys.executable, "-m", "beamline", "compare", "main", "beams"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "error: main: no such file, and here is no DVC repository to look for a revision\n"


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Predictions without scores, two references each, in a directory that is no repository."""
    monkeypatch.chdir(tmp_path)
    rows = [
        {"id": f"t{number}", "references": [f"Tom buys {number} red bicycles.", "Tom gets bicycles | for [him]self."]}
        for number in range(12)
    ]
    write_jsonl("a.jsonl", [row | {"summary": "Tom buys a bicycle."} for row in rows])
    write_jsonl("b.jsonl", [row | {"summary": f"Tom buys {row['id'][1:]} [red] bicycles."} for row in reversed(rows)])
    return rows


def write_jsonl(path, rows):
    Path(path).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_two_files_are_scored_as_beamline_score_does(files):
    report = run_json("a.jsonl", "b.jsonl")
    for path, side in {"a.jsonl": "first", "b.jsonl": "later"}.items():
        scored = json.loads(CliRunner().invoke(app, ["score", path, "--json"]).stdout)
        means = {name: figures[side] for name, figures in report["comparisons"][0]["scores"].items()}
        assert means == pytest.approx(scored["mean"])
        expected = {**read_signature(scored["signature"]), "ar": "10000"}
        assert [read_signature(signature) for signature in report["signatures"]] == [expected] * 2
    assert report["comparisons"][0]["lost"] == []
    assert report["comparisons"][0]["scores"]["rouge1_f"]["p"] == pytest.approx(2 / 2**12, abs=0.001)


def test_texts_are_shown_as_they_are(files):
    assert "[red]" in run_compare("a.jsonl", "b.jsonl")
    markdown = run_compare("a.jsonl", "b.jsonl", "--markdown")
    assert r"Tom buys 1 \[red\] bicycles." in markdown
    assert "No dialogue lost from A to B." in markdown
    assert "first reference" in markdown


def test_files_of_every_format_are_compared_as_such(files):
    Path("a.TSV").write_text(
        "id\tsummary\treference\nt0\tTom buys bicycles.\tTom buys red bicycles.\n", encoding="utf-8"
    )
    Path("b.json.gz").write_bytes(gzip.compress(json.dumps([files[0] | {"summary": "Tom"}]).encode()))
    report = run_json("a.TSV", "a.TSV")
    assert report["comparisons"][0]["scores"]["rouge1_f"]["difference"] == 0
    assert error_of("a.TSV", "b.json.gz").startswith("test sets differ in references of 't0': ")
    assert error_of("a.TSV", "absent.NDJSON.zst") == "absent.NDJSON.zst: can't be read: No such file or directory"


def test_files_without_ids_are_paired_by_line(files):
    bare = [{"references": row["references"], "summary": "Tom buys red bicycles."} for row in files]
    write_jsonl("bare.jsonl", bare)
    assert run_json("a.jsonl", "bare.jsonl")["comparisons"][0]["gained"][0]["id"] == "1"
    message = error_of("b.jsonl", "bare.jsonl")
    assert message.startswith("test sets differ in references of '1': 'Tom buys 11 red bicycles. | Tom gets")
    write_jsonl("short.jsonl", bare[:5])
    assert error_of("a.jsonl", "short.jsonl").startswith(
        "test sets differ in their ids: '6' is in a.jsonl (12 dialogues)"
    )


def test_long_texts_are_quoted_where_they_differ(files):
    for name, room in {"a": "seven", "b": "ten"}.items():
        dialogue = f"{'#Person1#: Well, let me think about that. ' * 5}Room {room}."
        write_jsonl(f"{name}.jsonl", [files[0] | {"dialogue": dialogue, "summary": "a"}])
    assert error_of("a.jsonl", "b.jsonl") == (
        "test sets differ in dialogue of 't0': '…out that. Room seven.' in a.jsonl, '…out that. Room ten.' in b.jsonl"
        "; --force compares the dialogues that all have"
    )


def test_files_that_hold_no_predictions(files):
    write_jsonl("other.jsonl", [{"id": "t0", "dialogue": "…"}])
    write_jsonl("twice.jsonl", [{"id": "t0", "summary": "a", "references": ["b"]}] * 2)
    Path("plain.txt").write_text("Tom buys a bicycle.\n", encoding="utf-8")
    message = error_of("a.jsonl", "other.jsonl")
    assert message.startswith("other.jsonl:1: no column prediction or ")
    assert message.endswith(
        "found 'id', 'dialogue'; expected columns summary and references, as in reports/predictions.jsonl"
    )
    assert error_of("a.jsonl", "plain.txt").startswith("plain.txt:1: plain text is for beamline score, or ")
    message = "twice.jsonl:2: id 't0' is at twice.jsonl:1 already; give every record its own"
    assert error_of("a.jsonl", "twice.jsonl") == message
    write_jsonl("strangers.jsonl", [row | {"id": f"s{row['id']}", "summary": "a"} for row in files])
    message = "a.jsonl and strangers.jsonl have no dialogue in common"
    assert error_of("a.jsonl", "strangers.jsonl", "--force") == message


def test_a_file_and_a_revision_are_both_scored_here(inside, tmp_path):
    path = tmp_path / "predictions.jsonl"
    path.write_text(dvc_file(inside, "main"), encoding="utf-8")
    report = run_json("main", str(path))
    assert report["comparisons"][0]["scores"]["rouge_f"]["p"] == 1
    assert "|stem:yes|" in report["signatures"][0]


def test_comparing_imports_no_model_library():
    code = "import sys, beamline.comparison.tables; print({'torch', 'transformers'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"
