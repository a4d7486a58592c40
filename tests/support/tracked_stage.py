"""A stage in a process of its own, as DVC runs one: `python tracked_stage.py offline|online|disabled [fail]`.

What Python asks of the network is written to network.txt.
"""

import sys
from functools import partial
from pathlib import Path

from support.repository import ROOT

from beamline.core.errors import run
from beamline.core.params import Params, read_params
from beamline.training import tracking

ROWS = [[f"test-{number}", f"#Person1#: 안녕, {number}.\n#Person2#: Hi.", number / 50] for number in range(50)]


def params_with(mode: str) -> Params:
    params = read_params(ROOT / "params.yaml")
    return params.model_copy(update={"tracking": params.tracking.model_copy(update={"wandb": mode})})


def main(mode: str, *more: str) -> None:
    tracking._INIT_SECONDS = 1.0
    with tracking.Tracker(
        params_with(mode), stage="evaluate", experiment="odd-name", root=Path(), curves=None
    ) as tracker:
        print("began")
        tracker.log_epoch(1, {"validation/loss": 2.5}, {"seconds": 3.0})
        tracker.log_epoch(2, {"validation/loss": 1.5}, {"seconds": 4.0})
        tracker.record_final({"rouge_f": 0.5123456789, "checkpoint": "epoch-002"})
        tracker.table("examples", ["id", "dialogue", "rouge_f"], ROWS)
        if "fail" in more:
            raise ZeroDivisionError
    print("with wandb" if "wandb" in sys.modules else "without wandb")


def note(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.getaddrinfo" or (event == "socket.connect" and isinstance(arguments[1], tuple)):
        with Path("network.txt").open("a") as file:
            print(event, arguments, file=file)


if __name__ == "__main__":
    sys.addaudithook(note)
    run(partial(main, *sys.argv[1:]))
