"""Batches that memory can't hold are computed in halves, quarters and so on."""

from collections.abc import Callable
from typing import TypeVar

from accelerate.utils.memory import clear_device_cache

from beamline.core.errors import BeamlineError, out_of_memory

Result = TypeVar("Result")


class Parts:
    """The number of parts that batches are cut into: one, and twice as many whenever memory runs out.

    task: what is being done, for messages. uncut: if batches must stay whole, the parameter to lower instead.
    """

    def __init__(self, task: str, uncut: str | None = None) -> None:
        self.task = task
        self.uncut = uncut
        self.count = 1

    def run(
        self, rows: int, compute: Callable[[slice], Result], *, undo: Callable[[], None] | None = None, where: str = ""
    ) -> list[Result]:
        """Return what `compute` returns for each part of a batch of `rows`, in order.

        If memory runs out, `undo` is called and the whole batch is computed again in smaller parts, and so are later
        batches. where: added to messages. Raises `BeamlineError` if memory can't hold one row.
        """
        while True:
            size = -(-rows // self.count)
            try:
                return [compute(slice(start, min(start + size, rows))) for start in range(0, rows, size)]
            except (RuntimeError, MemoryError) as error:
                if not out_of_memory(error):
                    raise
            if self.uncut is not None:
                raise BeamlineError(f"{self.task}: out of memory{where}; lower {self.uncut}")
            if size == 1:
                raise BeamlineError(
                    f"{self.task}: out of memory{where}, even with one dialogue at a time;"
                    " lower tokenizer.max_source_tokens, or take a smaller model"
                )
            self.count *= 2
            if undo is not None:
                undo()
            clear_device_cache(garbage_collection=True)
            # A progress bar passes on what is printed.
            print(f"{self.task}: out of memory{where}, batches are done in {self.count} parts from here on")
