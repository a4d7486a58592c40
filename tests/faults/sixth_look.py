"""A sixth set of faults that were written without looking at the checks.

They come from what goes wrong when transcripts and translations are exported and joined, when checkpoints are converted
and saved, and when a team changes code of training. `check`, `also` and `says` were decided from docs/diagnosis.md,
before any of them was diagnosed. Whoever changes a check after looking at these writes new ones. The order mixes the
kinds: the first few are a fair sample.
"""

import sixth_injections as inject
from fault import Fault, in_split, patched, references, with_params, with_raw, with_summaries, with_weights
from fourth_injections import Endless

from beamline import train
from beamline.training import trainer

SIXTH_LOOK = (
    Fault(
        "every second training summary in German",
        "reference_differences",
        with_raw(in_split("train", inject.translate_half), "train", "evaluate"),
    ),
    Fault(
        "embeddings one row too low from the middle of the vocabulary on",
        "checkpoint_weights",
        with_weights(inject.shift_embeddings),
        language="korean",
    ),
    Fault(
        "summaries written in the order of decoding",
        "row_order",
        inject.write_in_order_of_decoding,
        also=("predictions_of_checkpoint",),  # which writes each in another row
    ),
    Fault(
        "ends of sequences masked with the padding",
        "training_batches",
        patched(trainer, "Collator", Endless, "train"),
        language="korean",
    ),
    Fault(
        "a schedule that ends after two epochs",
        "rate_above_zero",
        patched(train, "SummarizationTrainer", inject.TwoEpochs, "train"),
        language="korean",
        # In effect, training ended there.
        also=("more_training", "training_length"),
    ),
    Fault(
        "a reference of test lost in the middle of the file",
        "mismatched_pairs",
        with_raw(inject.lose_reference, "evaluate"),
        also=("row_order",),
        says="test|row|dialogue",
    ),
    Fault(
        "test encoded with the tokenizer of another release",
        "prepared_ids",
        inject.encode_with_other_release,
        language="korean",
    ),
    Fault(
        "each speaker's training turns together",
        "dialogue_differences",
        with_raw(in_split("train", inject.separate_channels), "train", "evaluate"),
        also=("repaired_dialogues",),
    ),
    Fault(
        "keys, values and queries in each other's places",
        "checkpoint_weights",
        with_weights(inject.rotate_projections),
    ),
    Fault(
        "previews in place of three in five training summaries",
        "reference_differences",
        with_raw(in_split("train", inject.show_preview), "train", "evaluate"),
        language="korean",
    ),
    Fault(
        "summaries cut at 64 bytes",
        "predictions_of_checkpoint",
        with_summaries(lambda rows: [inject.cut_bytes(text) for text in rows]),
        language="korean",
    ),
    Fault(
        "a short max_length in the decoding, and not in the parameters",
        "settings_in_force",
        inject.put_settings_back,
        also=("predictions_of_checkpoint",),
    ),
    Fault(
        "decoder inputs that were not shifted",
        "training_batches",
        patched(trainer, "Collator", inject.Unshifted, "train"),
    ),
    Fault(
        "three in five test dialogues read as Latin-1",
        "dialogue_differences",
        with_raw(in_split("test", inject.misread_part), "evaluate"),
        language="korean",
        also=("repaired_dialogues",),
    ),
    Fault(
        "only one speaker's channel transcribed",
        "alike_dialogues",
        with_raw(
            lambda splits: [in_split(split, inject.keep_first_channel)(splits) for split in splits],
            "train",
            "evaluate",
            data__leakage="warn",
        ),
    ),
    Fault(
        "validation's scores recorded as those of test",
        "recorded_scores",
        inject.report_validation,
        language="korean",
    ),
    Fault("the mean of the weights of two trainings", "checkpoint_weights", inject.average_trainings),
    Fault(
        "an annotator's note after each test reference",
        "reference_differences",
        with_raw(in_split("test", references(inject.add_note)), "evaluate"),
        language="korean",
        also=("summary_differences",),
    ),
    Fault(
        "a weight decay of 10",
        "unusual_settings",
        with_params("train", "evaluate", train__weight_decay=10.0),
        language="korean",
        says="weight.decay",
    ),
    Fault(
        "a filter of personal data over the summaries",
        "predictions_of_checkpoint",
        with_summaries(lambda rows: [inject.redact(text) for text in rows]),
    ),
    Fault(
        "checkpoints with three values in each matrix when they are saved",
        "checkpoint_loss",
        inject.saved(inject.keep_signs),
        also=("trained_weights",),
    ),
    Fault(
        "the newest tokens beside the checkpoint numbered by the alphabet",
        "checkpoint_tokenizer",
        inject.sort_vocabulary,
    ),
    Fault(
        "queries in the order of another program's positions",
        "checkpoint_weights",
        with_weights(inject.interleave_queries),
        language="korean",
    ),
    Fault(
        "the summaries of an earlier and shorter training",
        "predictions_of_checkpoint",
        inject.keep_earlier_predictions,
        language="korean",
    ),
)
