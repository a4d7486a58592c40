"""Summaries that repeat themselves are found in any script, and those that people write are not."""

import pytest

from beamline.diagnosis.measures.loops import is_looped


@pytest.mark.parametrize(
    "text",
    [
        "他们在讨论天气" * 6,
        "두 사람은 회의를 준비한다" + "." * 440,
        "#Person1#" * 12,
        "#Person1# #Person2# #Person1# #Person2# #Person1# #Person2# #Person1# #Person2#",
        "彼は駅へ行く。彼は駅へ行く。彼は駅へ行く。",
        "เขาไปตลาด" * 4,
        "Tom buys a ticket for the train. Tom buys a ticket for the boat.",
        "no no no no no no no no",
        "#Person1# #Person1# #Person1#",
    ],
)
def test_repeated_pieces_are_loops_with_or_without_blanks(text: str) -> None:
    assert is_looped(text)


@pytest.mark.parametrize(
    "text",
    [
        "#Person1# asks #Person2# for the way to the station, and #Person2# draws a map.",
        "小王和小李讨论周末去哪里玩，最后决定去公园野餐。",
        "민수는 지영에게 회의 시간을 물어보고 지영은 세 시라고 답한다...",
        "",
    ],
)
def test_what_people_write_is_no_loop(text: str) -> None:
    assert not is_looped(text)
