"""How far the loss of a finished run moves with processor, threads and precision: what its replay has to tolerate.

    python benchmarks/loss_replay.py [DIRECTORY]

DIRECTORY: of a finished run; this checkout by default. Each row measures the evaluated checkpoint's loss, in nats, on
the diagnosis' sample of validation, in its own process. The difference is that to the first row. Narrower instructions
stand for an older processor. bf16 is autocast, as in training; of a GPU if there is one.
"""

import os
import subprocess
import sys
from pathlib import Path

import torch

from beamline.core.params import Padding
from beamline.diagnosis.collect import evidence_from_directory
from beamline.encoding.prepared import first_references
from beamline.training.batching import Collator
from beamline.training.loss import measure_loss

NARROW = {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41", "MKL_ENABLE_INSTRUCTIONS": "SSE4_2"}
ROWS: dict[str, tuple[int, str, dict[str, str]]] = {
    "fp32, 2 threads": (2, "fp32", {}),
    "fp32, 1 thread": (1, "fp32", {}),
    "fp32, 2 threads, AVX2 at most": (2, "fp32", {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}),
    "fp32, 2 threads, SSE at most": (2, "fp32", NARROW),
    "bf16, 2 threads": (2, "bf16", {}),
}


def main() -> None:
    if len(sys.argv) == 4:
        print(measure(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
        return
    directory = sys.argv[1] if len(sys.argv) > 1 else "."
    first = 0.0
    for name, (threads, precision, environment) in ROWS.items():
        command = [sys.executable, __file__, directory, str(threads), precision]
        result = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True)
        loss = float(result.stdout)
        first = first or loss
        print(f"{name:32} {loss:.8f} {100 * (loss / first - 1):+.5f} %", flush=True)


def measure(directory: Path, threads: int, precision: str) -> float:
    torch.set_num_threads(threads)
    run = evidence_from_directory(directory)
    assert run.codec and run.params
    sample = first_references(run.text_sample("validation"))
    collate = Collator(run.codec.encoding, Padding(mode=run.params.padding.mode, labels="masked"))
    batches = (collate(sample[start : start + 8]) for start in range(0, len(sample), 8))
    with torch.autocast(run.device.type, torch.bfloat16, enabled=precision == "bf16"):
        return measure_loss(run.model, batches, run.device).loss


if __name__ == "__main__":
    main()
