"""data/prepared: what is written comes back, whatever its size, without being in memory."""

import os
import random
import re
import resource
import sys
import tracemalloc
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from support.checkpoints import ENGLISH
from support.repository import ROOT, tiny_directory
from support.stage_process import PROCESSES

from beamline import prepare
from beamline.core.errors import BeamlineError
from beamline.core.params import read_params
from beamline.core.records import Dialogue
from beamline.encoding import prepared
from beamline.encoding.codec import TextCodec, build_codec
from beamline.encoding.prepared import (
    EncodedDialogue,
    Example,
    Examples,
    encode_split,
    examples,
    read_split,
    write_split,
)
from beamline.training.batching import LengthBucketedBatches

DIALOGUES = [Dialogue(f"d{number}", text, (summary, text[:9])) for number, (text, summary) in enumerate(ENGLISH)]


@pytest.fixture(scope="module")
def codec() -> TextCodec:
    texts = [text for pair in ENGLISH for text in pair]
    params = read_params(ROOT / "params.yaml").tokenizer
    return build_codec(params.model_copy(update={"vocabulary_size": 400}), texts, ["#Person1#", "#Person2#"])


@pytest.fixture(scope="module")
def encoded(codec: TextCodec) -> list[EncodedDialogue]:
    return encode_split(DIALOGUES, codec)


def test_what_is_written_comes_back(encoded: list[EncodedDialogue], tmp_path: Path) -> None:
    write_split(tmp_path, "test", encoded)
    read = read_split("test", tmp_path)
    assert list(read) == encoded
    assert (len(read), read[3], read[-1], read[2:5]) == (16, encoded[3], encoded[-1], encoded[2:5])
    with pytest.raises(IndexError):
        read[16]


def test_what_is_written_in_many_parts_comes_back(
    encoded: list[EncodedDialogue], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "_BATCH", 3)
    monkeypatch.setattr(prepared, "_ROW_GROUP", 1)  # every batch is larger
    write_split(tmp_path, "test", iter(encoded))
    read = read_split("test", tmp_path)
    assert read.table.column("id").num_chunks == 6
    assert list(read) == encoded == [read[row] for row in range(16)]
    assert list(examples(read)) == list(examples(encoded))


def test_bytes_do_not_depend_on_how_many_dialogues_are_encoded_at_once(
    codec: TextCodec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    for size, characters in ((1, 10**6), (5, 10**6), (1000, 10**6), (1000, 100)):
        monkeypatch.setattr(prepared, "_BATCH", size)
        monkeypatch.setattr(prepared, "_CHARACTERS", characters)
        write_split(tmp_path, "test", encode_split(DIALOGUES, codec))
        written.append((tmp_path / "test.parquet").read_bytes())
    assert len(set(written)) == 1


def test_no_room_to_unpack_names_the_place(
    encoded: list[EncodedDialogue], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "_BATCH", 3)
    monkeypatch.setattr(prepared, "_ROW_GROUP", 1)
    write_split(tmp_path, "test", encoded)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(BeamlineError, match=r"no room to unpack .*test\.parquet; make some, or name another"):
            read_split("test", tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.slow
def test_bytes_do_not_depend_on_the_number_of_threads(tmp_path: Path) -> None:
    tiny_directory(tmp_path, train=64, others=8, changes={})
    written = contents(tmp_path / "data/prepared")
    for environment in ({"RAYON_NUM_THREADS": "3"}, {"TOKENIZERS_PARALLELISM": "false"}):
        run_prepare(tmp_path, **environment)
        assert contents(tmp_path / "data/prepared") == written


def test_examples_are_each_dialogue_with_each_reference(encoded: list[EncodedDialogue], tmp_path: Path) -> None:
    write_split(tmp_path, "train", encoded)
    all_of_them = [
        Example(dialogue.record.id, dialogue.input_ids, row) for dialogue in encoded for row in dialogue.labels
    ]
    for source in (encoded, read_split("train", tmp_path)):
        read = examples(source)
        assert list(read) == all_of_them
        assert (read[-1], read[3:5]) == (all_of_them[-1], all_of_them[3:5])
        assert read.lengths.tolist() == [[len(example.input_ids), len(example.labels)] for example in all_of_them]
        drawn = examples(source, [2, 7])
        assert list(drawn) == [all_of_them[index] for index in (4, 5, 14, 15)]
        assert drawn.lengths.tolist() == [read.lengths[index].tolist() for index in (4, 5, 14, 15)]


def test_examples_take_few_bytes_of_memory_each(encoded: list[EncodedDialogue], tmp_path: Path) -> None:
    count = 20_000
    write_split(tmp_path, "train", (replace(encoded[number % 16]) for number in range(count // 2)))
    tracemalloc.start()
    read = examples(read_split("train", tmp_path))
    batches = LengthBucketedBatches(read, tokens_per_batch=2500, seed=1)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(read, Examples) and sum(map(len, batches)) == count
    assert used / count < 100, "a list of 20 token ids alone would be more than 200"


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="only Linux says what is resident")
def test_a_mapped_file_that_was_read_is_not_held(
    encoded: list[EncodedDialogue], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "_ROW_GROUP", 1_000_000)  # of several it is mapped
    write_split(tmp_path, "train", (replace(encoded[number % 16]) for number in range(10_000)))
    split = read_split("train", tmp_path)
    mapped = split.table.nbytes
    for rows in (examples(split), split):
        for _ in rows:
            pass
        assert resident_of_deleted_files() < mapped / 4


def resident_of_deleted_files() -> int:
    """Return how many bytes of mapped files without a name are in this process's memory."""
    found, deleted = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if re.match("[0-9a-f]+-[0-9a-f]+ ", line):
            deleted = line.endswith("(deleted)")
        elif deleted and line.startswith("Rss:"):
            found += 1024 * int(line.split()[1])
    return found


@pytest.mark.slow
def test_memory_of_prepare_does_not_grow_with_the_data(tmp_path: Path) -> None:
    """With all token ids in lists it took 50 kB a dialogue, and the growth here was 420 MB."""
    peaks = []
    for count in (1_000, 5_000):
        directory = tmp_path / str(count)
        directory.mkdir()
        tiny_directory(directory, train=8, others=8, changes={})
        write_invented(directory / "data/tiny/train.jsonl", count)
        peaks.append(run_prepare(directory))
    assert peaks[1] - peaks[0] < 150_000_000


def write_invented(path: Path, count: int) -> None:
    """Dialogues of 150 words, as DialogSum's have."""
    drawn = random.Random(1)
    words = ["".join(drawn.choices("abcdefghijklmnop", k=drawn.randint(2, 8))) for _ in range(3000)]
    with path.open("w", encoding="utf-8") as file:
        for _ in range(count):
            text = " ".join(drawn.choices(words, k=150))
            file.write(f'{{"dialogue": "#Person1#: {text}", "summary": "{text[:100]}"}}\n')


def run_prepare(directory: Path, **environment: str) -> int:
    """Run the stage in a process, and return the highest memory that it had, in bytes."""
    here, there = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=measure_prepare, args=(directory, environment, there))
    process.start()
    peak: int = here.recv()
    process.join()
    return peak


def measure_prepare(directory: Path, environment: dict[str, str], peak: Connection) -> None:
    os.chdir(directory)
    os.environ.update(environment)
    prepare.main()
    peak.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_a_damaged_file_is_one_line(encoded: list[EncodedDialogue], tmp_path: Path) -> None:
    with pytest.raises(BeamlineError, match=r"test\.parquet: not readable \(.*\); run: dvc repro prepare$"):
        read_split("test", tmp_path)
    write_split(tmp_path, "test", encoded)
    content = bytearray((tmp_path / "test.parquet").read_bytes())
    content[len(content) // 3] ^= 1
    (tmp_path / "test.parquet").write_bytes(content)
    with pytest.raises(BeamlineError, match=r"test\.parquet: not readable \(.*\); run: dvc repro prepare$") as caught:
        read_split("test", tmp_path)
    assert "\n" not in str(caught.value)
