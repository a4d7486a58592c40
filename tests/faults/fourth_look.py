"""A fourth set of faults that were written without looking at the checks.

They come from what goes wrong in libraries' defaults, file formats, annotation and code of one's own, and from
docs/diagnosis.md alone. `check`, `also` and `says` were decided before any of them was diagnosed. Whoever changes a
check after looking at these writes new ones. The order mixes the kinds: the first few are a fair sample.
"""

import fourth_injections as inject
from fault import (
    Fault,
    dialogue,
    in_split,
    patched,
    references,
    with_params,
    with_prepared,
    with_raw,
    with_summaries,
    with_weights,
)
from second_look import edit_beside_checkpoints

from beamline import train
from beamline.decoding.transformers_backend import Decoder
from beamline.models.families.seq2seq import Seq2Seq
from beamline.training import trainer

FOURTH_LOOK = (
    Fault(
        "the decoder's self-attention and cross-attention swapped",
        "checkpoint_weights",
        with_weights(inject.swap_attentions),
    ),
    Fault(
        "Korean test dialogues in decomposed letters",
        "dialogue_differences",
        with_raw(in_split("test", dialogue(inject.decompose)), "evaluate"),
        language="korean",
        also=("repaired_dialogues",),
        says="[Uu]nicode|NF[CD]|compos|jamo|script|Hangul|form|letter|character|word|language",
    ),
    Fault(
        "Korean predictions read as cp1252",
        "predictions_of_checkpoint",
        with_summaries(lambda rows: [inject.misread_encoding(text) for text in rows]),
        language="korean",
    ),
    Fault(
        "plain gradient descent at AdamW's rate",
        "more_training",
        patched(train, "training_arguments", inject.descend_plainly, "train"),
        # In effect the steps are far too small.
        also=("standing_loss", "training_length"),
    ),
    Fault(
        "all summaries of a batch end with the first",
        "predictions_of_checkpoint",
        patched(Seq2Seq, "generate", inject.stop_together, "evaluate"),
    ),
    Fault(
        "only the first of two references scored",
        "signature",
        inject.score_first_reference,
        also=("predicted_dialogues", "recorded_scores"),
    ),
    Fault(
        "test dialogues as a speech recognizer writes them",
        "dialogue_differences",
        with_raw(in_split("test", inject.recognize_speech), "evaluate"),
        also=("repaired_dialogues",),
        says="case|capital|lower|punctuation|mark|stop|comma|end|last|word",
    ),
    Fault(
        "one attention head in the checkpoint's config.json",
        "checkpoint_loss",
        edit_beside_checkpoints("config.json", encoder_attention_heads=1, decoder_attention_heads=1),
        language="korean",
    ),
    Fault(
        "length penalty 20 with eight beams",
        "length_penalty",
        with_params(
            "evaluate",
            generation__num_beams=8,
            generation__length_penalty=20.0,
            generation__early_stopping=False,
        ),
        also=("unusual_decoding", "search"),
        says="length.penalty|search",
    ),
    Fault(
        "labels that leave the end of sequence out of the loss",
        "training_batches",
        patched(trainer, "Collator", inject.Endless, "train"),
    ),
    Fault(
        "windows of training dialogues, each with the whole summary",
        "dialogue_differences",
        with_raw(inject.cut_windows, "train", "evaluate"),
        says="turn|long|length|short|line|word|character|begin|end|first|last|speaker",
    ),
    Fault(
        "tokens joined with blanks in place of decoding",
        "predictions_of_checkpoint",
        inject.join_pieces,
    ),
    Fault(
        "gradients clipped to a norm of 1e-7",
        "unusual_settings",
        with_params("train", "evaluate", train__max_grad_norm=1e-7),
        language="korean",
        says="norm",
    ),
    Fault(
        "summaries in the order in which they were decoded",
        "row_order",
        inject.write_in_order_of_length,
        language="korean",
    ),
    Fault(
        "the weights of the third epoch under the names of the best",
        "checkpoint_weights",
        inject.copy_third_epoch,
    ),
    Fault(
        "two of five training summaries empty in data/prepared",
        "empty_labels",
        with_prepared(inject.empty_some_labels, ("train",)),
        also=("prepared_texts", "prepared_ids"),
        says="train|[Ee]mpty",
    ),
    Fault(
        "a vocabulary of the 110 most frequent Korean words",
        "unknown_tokens",
        inject.know_few_words,
        language="korean",
        also=("tokenizer_round_trip",),
    ),
    Fault(
        "the second of two test references of another dialogue",
        "mismatched_pairs",
        with_raw(inject.shift_second_references, "evaluate"),
        says="test",
    ),
    Fault(
        "a schedule that ends after three epochs of fourteen",
        "more_training",
        patched(train, "SummarizationTrainer", inject.ShortSchedule, "train"),
        # The rate is 0 at the end of the other eleven.
        also=("rate_above_zero", "standing_loss", "training_length"),
    ),
    Fault(
        "`encoder_no_repeat_ngram_size: 2` in the code",
        "predictions_of_checkpoint",
        patched(Decoder, "__init__", inject.never_copy, "evaluate"),
        also=("settings_in_force",),
    ),
    Fault(
        "Korean test references with sums in digits",
        "reference_differences",
        with_raw(in_split("test", references(inject.write_digits)), "evaluate"),
        language="korean",
        also=("summary_differences",),  # summaries have words, as those of train
        says="digit|number|0|word|,|mark",
    ),
    Fault(
        "references in place of a third of the summaries",
        "predictions_of_checkpoint",
        inject.fill_with_references,
    ),
    Fault(
        "test dialogues in train, tokenized",
        "test_nearly_in_train",
        with_raw(inject.leak_tokenized, "train", "evaluate", data__leakage="warn"),
        also=("test_in_train",),
    ),
    Fault(
        "metrics/train.json of another training",
        "training_metrics",
        inject.report_other_training,
        also=("training_curves",),
    ),
)
