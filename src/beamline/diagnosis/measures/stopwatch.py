"""How long this program has worked, without the time that other programs took."""

import time

import torch


class Stopwatch:
    """Counts the seconds of work since it was made."""

    def __init__(self) -> None:
        self._thread, self._process = time.thread_time(), time.process_time()

    @property
    def seconds(self) -> float:
        """Return the time of this thread, or the share of each of torch's threads in the whole if that is more.

        This thread waits while CTranslate2 decodes, and works alone where a text is scored.
        """
        process = (time.process_time() - self._process) / torch.get_num_threads()
        return max(time.thread_time() - self._thread, process)
