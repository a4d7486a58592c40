"""Tiny, randomly initialised checkpoints of every family, each with a real tokenizer of that family, made offline.

They are built as the families' own checkpoints are: sentencepiece models that transformers converts, byte-pair merges,
WordPiece vocabularies, special tokens at the ids where the published checkpoints have them.
"""

import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sentencepiece
import torch
from tokenizers import (
    BertWordPieceTokenizer,
    ByteLevelBPETokenizer,
    Tokenizer,
    decoders,
    models,
    pre_tokenizers,
    trainers,
)
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    BartTokenizer,
    BertConfig,
    BertTokenizer,
    EncoderDecoderConfig,
    EncoderDecoderModel,
    LEDConfig,
    LEDForConditionalGeneration,
    LEDTokenizer,
    MarianConfig,
    MarianMTModel,
    MarianTokenizer,
    MBart50Tokenizer,
    MBartConfig,
    MBartForConditionalGeneration,
    MBartTokenizer,
    MT5Config,
    MT5ForConditionalGeneration,
    PegasusConfig,
    PegasusForConditionalGeneration,
    PegasusTokenizer,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
    T5Tokenizer,
)

ENGLISH = [
    ("My tooth hurts.\nSee Doctor Lee today.", "#Person2# tells #Person1# to see a dentist."),
    ("Is the train late?\nYes, by ten minutes.", "#Person1# learns from #Person2# that the train is ten minutes late."),
    ("I lost my red umbrella.\nLook in the kitchen.", "#Person1#'s umbrella may be in the kitchen, says #Person2#."),
    ("Shall we eat pizza?\nNo, soup please.", "#Person1# offers pizza but #Person2# wants soup."),
    ("The printer is broken.\nI will call Anna.", "Anna will be called by #Person2#, because the printer is broken."),
    ("When is the meeting?\nOn Friday at nine.", "#Person2# reminds #Person1# of the meeting on Friday."),
    ("Your dog barks all night.\nI am so sorry.", "#Person1# complains about the dog of #Person2#."),
    ("Can you lend me money?\nHow about twenty?", "#Person2# lends twenty dollars to #Person1#."),
    ("Happy birthday!\nThank you, what is it?", "A birthday present goes to #Person2#."),
    ("Where is the museum?\nTurn left at the bank.", "#Person2# shows #Person1# the way to the museum."),
    ("I passed the exam!\nWell done!", "#Person2# congratulates #Person1# on the exam."),
    ("This shirt is too small.\nTry the blue one.", "The blue shirt is recommended to #Person1#."),
    ("Did you water the roses?\nI forgot.", "#Person2# forgot the roses of #Person1#."),
    ("The soup is cold.\nI will bring a new one.", "A waiter, #Person2#, brings new soup."),
    ("My flight was cancelled.\nTake the night bus.", "The night bus is what #Person2# suggests."),
    ("Let us paint the fence.\nGreen or white?", "#Person1# and #Person2# paint a fence."),
]
KOREAN = [
    ("이가 아파요.\n오늘 치과에 가세요.", "#Person2#는 #Person1#에게 치과에 가라고 권한다."),
    ("기차가 늦나요?\n네, 십 분 늦어요.", "#Person1#은 기차가 늦는다는 말을 듣는다."),
    ("우산을 잃어버렸어요.\n부엌을 보세요.", "우산은 부엌에 있을 것이라고 #Person2#가 말한다."),
    ("피자 먹을까요?\n아니요, 국이요.", "#Person1#은 피자를, #Person2#는 국을 원한다."),
    ("프린터가 고장 났어요.\n안나를 부를게요.", "#Person2#가 안나를 부른다."),
    ("회의가 언제죠?\n금요일 아홉 시요.", "금요일에 회의가 있다고 #Person2#가 알린다."),
    ("개가 밤새 짖어요.\n정말 죄송합니다.", "#Person1#은 #Person2#의 개 때문에 불평한다."),
    ("돈 좀 빌려줄래요?\n이만 원 어때요?", "#Person2#는 #Person1#에게 이만 원을 빌려준다."),
    ("생일 축하해요!\n고마워요, 뭐예요?", "생일 선물을 받는 사람은 #Person2#이다."),
    ("박물관이 어디예요?\n은행에서 왼쪽이요.", "#Person2#는 박물관에 가는 길을 알려준다."),
    ("시험에 붙었어요!\n잘했어요!", "시험에 붙은 #Person1#을 축하한다."),
    ("셔츠가 작아요.\n파란색을 입어 보세요.", "파란 셔츠가 #Person1#에게 추천된다."),
    ("장미에 물 줬어요?\n잊었어요.", "장미에 물을 주는 것을 #Person2#가 잊었다."),
    ("국이 식었어요.\n새로 가져올게요.", "종업원 #Person2#는 새 국을 가져온다."),
    ("비행기가 취소됐어요.\n밤 버스를 타세요.", "밤 버스를 타라고 #Person2#가 제안한다."),
    ("울타리를 칠합시다.\n초록, 아니면 하양?", "#Person1#과 #Person2#는 울타리를 칠한다."),
]


def records(texts: list[tuple[str, str]]) -> list[dict[str, str]]:
    """Rows of a data file: each line of a dialogue gets its speaker's tag."""
    return [
        {
            "id": f"d{number}",
            "dialogue": "\n".join(f"#Person{speaker}#: {line}" for speaker, line in enumerate(lines.split("\n"), 1)),
            "summary": summary,
        }
        for number, (lines, summary) in enumerate(texts)
    ]


@dataclass(frozen=True)
class Family:
    """build: saves a checkpoint into a directory. texts: what its tokenizer is learnt from and the test trains on.

    start: the token that its decoder starts with. language: the code of a multilingual tokenizer.
    epochs: how many it takes at this size. keeps_spaces: whether decoding gives back the spaces around a tag.
    """

    build: Callable[[Path, list[str]], None]
    start: str
    texts: list[tuple[str, str]]
    language: str | None = None
    epochs: int = 40
    keeps_spaces: bool = True

    def save(self, directory: Path) -> None:
        torch.manual_seed(0)
        texts = [text for row in records(self.texts) for text in (row["dialogue"], row["summary"])]
        # Without tags, which a published checkpoint has never seen; twice, so that each word is worth a token.
        plain = [re.sub("#Person([12])#", r"speaker \1", text) for text in texts]
        self.build(directory, 2 * plain)


SIZE = {"encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
SIZE |= {"d_model": 64, "encoder_ffn_dim": 128, "decoder_ffn_dim": 128}
NO_DROPOUT = {"dropout": 0.0, "attention_dropout": 0.0, "activation_dropout": 0.0}
T5_SIZE = {"d_model": 64, "d_kv": 8, "d_ff": 128, "num_layers": 1, "num_heads": 16, "dropout_rate": 0.0}
T5_SIZE |= {"decoder_start_token_id": 0}
POSITIONS = 128


def bart(directory: Path, texts: list[str]) -> None:
    tokenizer = BartTokenizer(*byte_pairs(texts))
    tokenizer.save_pretrained(directory)
    config = BartConfig(
        vocab_size=len(tokenizer), max_position_embeddings=POSITIONS, init_std=0.1, **SIZE, **NO_DROPOUT
    )
    BartForConditionalGeneration(config).save_pretrained(directory)


def kobart(directory: Path, texts: list[str]) -> None:
    """BART's model with a plain tokenizer: character pairs, words marked by `▁`, and nothing behind a text."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    special = ["<s>", "</s>", "<usr>", "<pad>", "<sys>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=500, special_tokens=special, show_progress=False)
    )
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>"
    )
    wrapped.save_pretrained(directory)
    config = BartConfig(
        vocab_size=len(wrapped),
        pad_token_id=3,
        bos_token_id=0,
        eos_token_id=1,
        decoder_start_token_id=1,
        forced_eos_token_id=1,
        max_position_embeddings=POSITIONS,
        init_std=0.1,
        **SIZE,
        **NO_DROPOUT,
    )
    BartForConditionalGeneration(config).save_pretrained(directory)


def mbart25(directory: Path, texts: list[str]) -> None:
    mbart(directory, texts, MBartTokenizer)


def mbart50(directory: Path, texts: list[str]) -> None:
    mbart(directory, texts, MBart50Tokenizer)


def mbart(directory: Path, texts: list[str], kind: type[MBartTokenizer | MBart50Tokenizer]) -> None:
    pieces = sentence_pieces(texts)[3:]
    start = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    codes = [(code, 0.0) for code in kind().lang_code_to_id]
    tokenizer = kind(vocab=[*start, *pieces, *codes, ("<mask>", 0.0)])
    tokenizer.save_pretrained(directory)
    config = MBartConfig(
        vocab_size=len(tokenizer), max_position_embeddings=POSITIONS, init_std=0.1, **SIZE, **NO_DROPOUT
    )
    if kind is MBart50Tokenizer:
        config.decoder_start_token_id = 2
    MBartForConditionalGeneration(config).save_pretrained(directory)


def t5(directory: Path, texts: list[str]) -> None:
    tokenizer = from_sentencepiece(T5Tokenizer, directory, texts)
    config = T5Config(
        vocab_size=-(-len(tokenizer) // 64) * 64,  # rows behind the vocabulary, as T5 itself has them
        task_specific_params={"summarization": {"prefix": "summarize: "}},
        **T5_SIZE,
    )
    T5ForConditionalGeneration(config).save_pretrained(directory)


def mt5(directory: Path, texts: list[str]) -> None:
    tokenizer = from_sentencepiece(T5Tokenizer, directory, texts, {"extra_ids": 0})
    model = MT5ForConditionalGeneration(MT5Config(vocab_size=len(tokenizer), **T5_SIZE))
    # transformers 5 ties every mT5 that it makes; the published ones, and T5 1.1, have an output layer of their own.
    model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.shared.weight) / 8)
    model.save_pretrained(directory)


def pegasus(directory: Path, texts: list[str]) -> None:
    tokenizer = from_sentencepiece(PegasusTokenizer, directory, texts)
    config = PegasusConfig(
        vocab_size=len(tokenizer),
        scale_embedding=True,
        max_position_embeddings=POSITIONS,
        init_std=0.1,
        **SIZE,
        **NO_DROPOUT,
    )
    PegasusForConditionalGeneration(config).save_pretrained(directory)


def led(directory: Path, texts: list[str]) -> None:
    tokenizer = LEDTokenizer(*byte_pairs(texts))
    tokenizer.save_pretrained(directory)
    config = LEDConfig(
        vocab_size=len(tokenizer),
        attention_window=[16],
        max_encoder_position_embeddings=POSITIONS,
        max_decoder_position_embeddings=POSITIONS,
        init_std=0.1,
        **SIZE,
        **NO_DROPOUT,
    )
    LEDForConditionalGeneration(config).save_pretrained(directory)


def marian(directory: Path, texts: list[str]) -> None:
    """Two sentencepiece models and one vocabulary over both, whose ids are not theirs."""
    directory.mkdir(parents=True, exist_ok=True)
    pieces: dict[str, None] = {"</s>": None, "<unk>": None}
    for name, part in (("source.spm", texts), ("target.spm", texts[1::2])):
        (directory / name).write_bytes(sentencepiece_model(part))
        pieces |= dict.fromkeys(piece for piece, _ in read_pieces(directory / name)[3:])
    vocabulary = {piece: index for index, piece in enumerate([*pieces, "<pad>"])}
    (directory / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    paths = [str(directory / name) for name in ("source.spm", "target.spm", "vocab.json")]
    tokenizer = MarianTokenizer(*paths)
    tokenizer.save_pretrained(directory)
    pad = vocabulary["<pad>"]
    config = MarianConfig(
        vocab_size=len(tokenizer),
        pad_token_id=pad,
        decoder_start_token_id=pad,
        eos_token_id=0,
        forced_eos_token_id=0,
        scale_embedding=True,
        max_position_embeddings=POSITIONS,
        init_std=0.1,
        **SIZE,
        **NO_DROPOUT,
    )
    MarianMTModel(config).save_pretrained(directory)


def bert2bert(directory: Path, texts: list[str]) -> None:
    learner = BertWordPieceTokenizer(lowercase=True)
    learner.train_from_iterator(texts, vocab_size=600, min_frequency=1, show_progress=False)
    tokenizer = BertTokenizer(vocab=learner.get_vocab(with_added_tokens=False))
    tokenizer.save_pretrained(directory)
    size = {"hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 128}
    part = {"vocab_size": len(tokenizer), "max_position_embeddings": POSITIONS, "initializer_range": 0.1, **size}
    part |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    config = EncoderDecoderConfig.from_encoder_decoder_configs(BertConfig(**part), BertConfig(**part))
    EncoderDecoderModel(config).save_pretrained(directory)


FAMILIES = {
    "bart": Family(bart, "</s>", ENGLISH),
    "kobart": Family(kobart, "</s>", KOREAN),
    "mbart25": Family(mbart25, "ko_KR", KOREAN, "ko_KR"),
    "mbart50": Family(mbart50, "</s>", ENGLISH, "en_XX"),
    "t5": Family(t5, "<pad>", ENGLISH, epochs=80),
    "mt5": Family(mt5, "<pad>", KOREAN),
    "pegasus": Family(pegasus, "<pad>", ENGLISH),
    "led": Family(led, "</s>", ENGLISH),
    "marian": Family(marian, "<pad>", ENGLISH, keeps_spaces=False),
    "bert2bert": Family(bert2bert, "[CLS]", KOREAN, keeps_spaces=False),
}


def byte_pairs(texts: Iterable[str]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """A vocabulary with its merges, special tokens where BART has them."""
    learner = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    learner.train_from_iterator(texts, vocab_size=500, special_tokens=special, show_progress=False)
    model = json.loads(learner._tokenizer.to_str())["model"]
    return {**model["vocab"], "<mask>": len(model["vocab"])}, [tuple(pair) for pair in model["merges"]]


def sentencepiece_model(texts: Iterable[str], **options: Any) -> bytes:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_writer=model,
        vocab_size=1000,
        hard_vocab_limit=False,
        character_coverage=1.0,
        num_threads=1,
        minloglevel=2,
        **options,
    )
    return model.getvalue()


def read_pieces(path: Path) -> list[tuple[str, float]]:
    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    return [(processor.id_to_piece(index), processor.get_score(index)) for index in range(len(processor))]


def sentence_pieces(texts: Iterable[str]) -> list[tuple[str, float]]:
    processor = sentencepiece.SentencePieceProcessor(model_proto=sentencepiece_model(texts))
    return [(processor.id_to_piece(index), processor.get_score(index)) for index in range(len(processor))]


def from_sentencepiece(
    kind: type[T5Tokenizer | PegasusTokenizer],
    directory: Path,
    texts: list[str],
    settings: dict[str, int] | None = None,
) -> T5Tokenizer | PegasusTokenizer:
    """A tokenizer that transformers converts from spiece.model, as it does with a published one."""
    directory.mkdir(parents=True, exist_ok=True)
    model = sentencepiece_model(texts, pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    (directory / "spiece.model").write_bytes(model)
    tokenizer = kind.from_pretrained(directory, **(settings or {}))
    tokenizer.save_pretrained(directory)
    return tokenizer
