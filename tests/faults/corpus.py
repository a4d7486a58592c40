"""Dialogues that a tiny model learns to summarize in seconds, and only by reading them.

Every summary names four things that the dialogue says, each one of eight: a neighbour in the training set rarely agrees
in all of them, and no summary can be guessed.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

Splits = dict[str, list[dict[str, str]]]


@dataclass(frozen=True)
class Topic:
    """dialogue, references: templates. slots: what may stand in their places."""

    dialogue: str
    references: tuple[str, str]
    slots: dict[str, tuple[str, ...]]


ENGLISH = (
    Topic(
        "#Person1#: Good morning, do you still have a {thing}?\n"
        "#Person2#: Yes, in many colours. Which one would you like?\n"
        "#Person1#: A {colour} one, please. It is a present for my {who}.\n"
        "#Person2#: With pleasure. That makes {price} euros.",
        (
            "#Person1# buys a {colour} {thing} for a {who} and pays #Person2# {price} euros.",
            "#Person2# sells a {colour} {thing} for {price} euros. It is for #Person1#'s {who}.",
        ),
        {
            "thing": ("scarf", "lamp", "chair", "bag", "clock", "vase", "kettle", "blanket"),
            "colour": ("red", "blue", "green", "yellow", "black", "white", "brown", "purple"),
            "who": ("sister", "brother", "friend", "mother", "father", "teacher", "neighbour", "cousin"),
            "price": ("five", "ten", "twelve", "twenty", "thirty", "forty", "fifty", "ninety"),
        },
    ),
    Topic(
        "#Person1#: Where will you travel this summer?\n"
        "#Person2#: To {place}, by {vehicle}. I leave on {day}.\n"
        "#Person1#: How lovely! What will you do there?\n"
        "#Person2#: I will visit the {sight} every morning.",
        (
            "#Person2# tells #Person1# about a journey to {place} by {vehicle} on {day} to visit the {sight}.",
            "#Person2# leaves for {place} by {vehicle} on {day} and wants to see the {sight}.",
        ),
        {
            "place": ("Paris", "London", "Rome", "Vienna", "Madrid", "Oslo", "Dublin", "Athens"),
            "vehicle": ("train", "bus", "plane", "car", "ship", "bicycle", "motorbike", "taxi"),
            "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Christmas"),
            "sight": ("castle", "museum", "beach", "market", "garden", "theatre", "harbour", "library"),
        },
    ),
)
KOREAN = (
    Topic(
        "#Person1#: 안녕하세요, 아직 {thing} 있나요?\n"
        "#Person2#: 네, 여러 가지가 있습니다. 어떤 색을 드릴까요?\n"
        "#Person1#: {colour} 색으로 주세요. {who} 줄 선물이에요.\n"
        "#Person2#: 감사합니다. 모두 {price} 원입니다.",
        (
            "#Person1#은 {who} 줄 {colour} 색 {thing} 하나를 사고 #Person2#에게 {price} 원을 낸다.",
            "#Person2#는 {colour} 색 {thing} 하나를 {price} 원에 판다. #Person1#의 {who} 줄 선물이다.",
        ),
        {
            "thing": ("가방", "의자", "시계", "모자", "전등", "화분", "담요", "주전자"),
            "colour": ("빨간", "파란", "노란", "하얀", "검은", "초록", "보라", "갈색"),
            "who": ("누나", "동생", "친구", "엄마", "아빠", "선생님", "이웃", "할머니"),
            "price": ("오천", "만", "이만", "삼만", "사만", "오만", "육만", "구만"),
        },
    ),
    Topic(
        "#Person1#: 이번 여름에 어디로 여행을 가세요?\n"
        "#Person2#: {place} 쪽으로 {vehicle} 타고 가요. {day} 출발이에요.\n"
        "#Person1#: 정말 좋겠어요! 거기서 무엇을 하세요?\n"
        "#Person2#: 매일 아침 {sight} 구경을 할 거예요.",
        (
            "#Person2#는 {day} {vehicle} 타고 {place} 쪽으로 가서 {sight} 구경을 한다고 #Person1#에게 말한다.",
            "#Person2#는 {day} {place} 쪽으로 {vehicle} 타고 떠나 {sight} 구경을 한다.",
        ),
        {
            "place": ("서울", "부산", "제주", "경주", "강릉", "전주", "여수", "속초"),
            "vehicle": ("기차", "버스", "비행기", "자동차", "배", "자전거", "택시", "오토바이"),
            "day": ("월요일", "화요일", "수요일", "목요일", "금요일", "토요일", "일요일", "추석"),
            "sight": ("성당", "박물관", "바다", "시장", "정원", "극장", "항구", "도서관"),
        },
    ),
)
ENGLISH_TALK = (
    (
        "I hope that I am not too early.",
        "What a long week this was!",
        "My dog kept me awake again.",
        "Have you heard the news?",
        "It rained so hard that my shoes are still wet.",
        "I can only stay a moment, since my parking ticket ends.",
        "You look well today.",
        "Somebody left an umbrella outside.",
        "I forgot my glasses at home, so please speak slowly.",
        "They say that it will snow before the evening comes.",
        "My phone has no power left.",
        "I met your old colleague at the bakery yesterday.",
    ),
    (
        "The doors were open.",
        "I could sleep for two days.",
        "He barks at the moon.",
        "They closed the old bridge.",
        "Did you change your hair?",
        "Is it yours?",
        "May I charge it here?",
    ),
)
KOREAN_TALK = (
    (
        "제가 너무 일찍 왔나요?",
        "이번 주는 정말 길었어요.",
        "강아지 때문에 또 잠을 못 잤어요.",
        "소식 들으셨어요?",
        "비가 많이 와서 신발이 아직 젖어 있어요.",
        "주차 시간이 끝나서 잠깐만 있을 수 있어요.",
        "오늘 좋아 보이시네요.",
        "누가 밖에 우산을 두고 갔어요.",
        "안경을 집에 두고 왔으니 천천히 말씀해 주세요.",
        "저녁이 되기 전에 눈이 올 거라고 하네요.",
        "휴대전화가 꺼졌어요.",
        "어제 빵집에서 예전 동료분을 만났어요.",
    ),
    (
        "문이 열려 있었어요.",
        "이틀 동안 자고 싶네요.",
        "달을 보고 짖어요.",
        "오래된 다리를 막았대요.",
        "머리를 바꾸셨어요?",
        "혹시 주인이세요?",
        "여기서 충전해도 될까요?",
    ),
)
SIZES = {"train": 480, "validation": 60, "test": 60}


def english(seed: int = 0) -> Splits:
    return records(ENGLISH, ENGLISH_TALK, seed)


def korean(seed: int = 0) -> Splits:
    return records(KOREAN, KOREAN_TALK, seed)


def records(topics: Sequence[Topic], talk: Sequence[Sequence[str]], seed: int) -> Splits:
    """Rows of the three splits, no two of them of the same dialogue; of test, two references.

    Each begins with a line of `talk`, made of any of its first and any of its second sentences, which doesn't matter.
    """
    generator = np.random.default_rng(seed)
    everything = [
        (topic, dict(zip(topic.slots, values, strict=True)))
        for topic in topics
        for values in product(*topic.slots.values())
    ]
    order = iter(generator.permutation(len(everything)).tolist())
    splits: Splits = {}
    for split, size in SIZES.items():
        splits[split] = []
        for number in range(size):
            topic, values = everything[next(order)]
            lines = topic.dialogue.format(**values).split("\n")
            lines.insert(0, f"#Person2#: {' '.join(map(generator.choice, talk))}")
            first, second = (template.format(**values) for template in topic.references)
            texts = {"summary1": first, "summary2": second} if split == "test" else {"summary": first}
            splits[split].append({"id": f"{split}-{number}", "dialogue": "\n".join(lines), **texts})
    return splits


def write(directory: Path, splits: Splits) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for split, rows in splits.items():
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
        (directory / f"{split}.jsonl").write_text("".join(lines), encoding="utf-8")
