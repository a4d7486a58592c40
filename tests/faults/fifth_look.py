"""A fifth set of faults that were written without looking at the checks.

They come from what goes wrong when data are joined, annotated and corrected, and when weights and figures are kept, and
from fault import Fault, in_split, patched, references, with_raw, with_summaries, with_weights
a check after looking at these writes new ones. The order mixes the kinds: the first few are a fair sample.
"""

import fifth_injections as inject
from catalogue import swap_a_third
from fault import Fault, in_split, patched, references, with_raw, with_summaries, with_weights

from beamline import train
from beamline.models.families import seq2seq
from beamline.training import trainer

FIFTH_LOOK = (
    Fault(
        "only the first line read of each training dialogue",
        "dialogue_differences",
        with_raw(in_split("train", inject.read_first_line), "train", "evaluate"),
        says="turn|long|short|length|line|word|character|speaker|[Pp]erson|begin|end|first|last",
    ),
    Fault(
        "what training changed, added twice",
        "checkpoint_weights",
        inject.add_difference_twice,
        language="korean",
    ),
    Fault(
        "summaries cut to the width of a table",
        "predictions_of_checkpoint",
        with_summaries(lambda rows: [inject.show_in_table(text) for text in rows]),
    ),
    Fault(
        "an epsilon of 1 in Adam",
        "more_training",
        patched(train, "training_arguments", inject.enlarge_epsilon, "train"),
        # In effect the steps are far too small.
        also=("standing_loss", "training_length"),
    ),
    Fault(
        "topics in place of the second test references",
        "constant_references",
        with_raw(in_split("test", inject.write_topic), "evaluate"),
        also=("reference_differences",),
    ),
    Fault("recall recorded as F1", "recorded_scores", inject.report_recall, language="korean"),
    Fault(
        "the validation summaries two rows too low",
        "mismatched_pairs",
        with_raw(inject.shift_validation, "train", "evaluate"),
        says="validation",
    ),
    Fault(
        "data corrected, and not trained again",
        "training_batches",
        inject.train_before_correction(swap_a_third),
        language="korean",
        also=("checkpoint_tokenizer",),  # if the tokenizer of the corrected data is another
    ),
    Fault(
        "a tokenizer without its decoder beside the checkpoint",
        "checkpoint_tokenizer",
        inject.lose_decoder,
        language="korean",
        also=("tokenizer_round_trip", "leftovers", "one_sided", "summary_differences"),
    ),
    Fault(
        "sources padded on the left when they are decoded",
        "predictions_of_checkpoint",
        patched(seq2seq, "source_tensors", inject.pad_left, "evaluate"),
        language="korean",
    ),
    Fault(
        "each training dialogue twice, once with the summary of another",
        "mismatched_pairs",
        with_raw(inject.join_with_neighbours, "train", "evaluate"),
        language="korean",
        also=("duplicates", "alike_dialogues"),
        says="train",
    ),
    Fault(
        "summaries scored against the references of another release",
        "predicted_dialogues",
        inject.score_other_release,
    ),
    Fault(
        "a schedule that steps once per epoch",
        "more_training",
        inject.step_once_per_epoch,
        language="korean",
        # The warm-up does not end, and the rate stays low.
        also=("warmup", "standing_loss", "training_length"),
    ),
    Fault(
        "test dialogues wrapped at 30 characters",
        "dialogue_differences",
        with_raw(in_split("test", inject.wrap_lines), "evaluate"),
        also=("repaired_dialogues",),
        says="turn|line|speaker|[Pp]erson|long|short|length|word|character|begin|end|space|blank",
    ),
    Fault("an output bias that ends summaries early", "checkpoint_weights", with_weights(inject.end_early)),
    Fault(
        "the longest turns written in place of the summaries",
        "predictions_of_checkpoint",
        inject.write_longest_turns,
        language="korean",
    ),
    Fault(
        "key words as test references",
        "reference_differences",
        with_raw(in_split("test", references(inject.write_key_words)), "evaluate"),
        also=("summary_differences", "one_sided"),  # of references, these say that tags and full stops are lost
        says="#|tag|speaker|[Pp]erson|stop|comma|mark|long|short|length|word|character|begin|end|first|last|capital|case",
    ),
    Fault(
        "two of five source tokens masked by the collator",
        "training_batches",
        patched(trainer, "Collator", inject.Noisy, "train"),
    ),
    Fault(
        "the last turn as the summary of three in five training dialogues",
        "reference_differences",
        with_raw(inject.fill_with_last_turn, "train", "evaluate"),
        language="korean",
        says="#|tag|speaker|[Pp]erson|turn|stop|mark|long|short|length|word|character|begin|end|first|last",
    ),
    Fault(
        "the merges of the tokenizer cut after training",
        "training_batches",
        inject.lose_merges,
        also=("checkpoint_tokenizer", "prepared_ids", "tokenizer_fertility"),
    ),
    Fault("averaged weights saved, and the loss of others recorded", "checkpoint_loss", inject.save_averages, "korean"),
    Fault(
        "first choices after the tokens of a reference written as summaries",
        "predictions_of_checkpoint",
        inject.predict_with_labels,
    ),
    Fault(
        "a thing and a place of test that train never has",
        "missing_topics",
        with_raw(inject.split_by_name, "train", "evaluate"),
        also=("dialogue_differences", "reference_differences"),
    ),
    Fault(
        "the curves of another training",
        "training_curves",
        inject.show_other_curves,
        language="korean",
        also=("training_metrics",),
    ),
)
