import pytest

from beamline.core.report_parts import Grid, Line
from beamline.pages.markdown import to_markdown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("generation.num_beams 1 → 4", "`generation.num_beams` 1 → 4"),
        ("rouge_f 53.4 by max_length: 20", "`rouge_f` 53.4 by `max_length`: 20"),
        (
            "run: dvc repro --force evaluate; then go on",
            "run: `dvc repro --force evaluate`; then go on",
        ),
        ("dvc exp run -S generation.num_beams=4, and look", "`dvc exp run -S generation.num_beams=4`, and look"),
        (
            "reports/diagnosis.md says more. E.g. 0.5, e.g. a/b tests.",
            "`reports/diagnosis.md` says more. E.g. 0.5, e.g. a/b tests.",
        ),
        ("dvc checkout, or: dvc repro train", "`dvc checkout`, or: `dvc repro train`"),
        ("damaged; run: dvc repro --force a-new-stage.", "damaged; run: `dvc repro --force a-new-stage`."),
        ("pull it: dvc pull models (or train it)", "pull it: `dvc pull models` (or train it)"),
        ("dvc repro writes it again", "`dvc repro` writes it again"),
        ("it ends with <|im_end|>, not <extra_id_0>", r"it ends with &lt;\|im\_end\|&gt;, not &lt;extra\_id\_0&gt;"),
    ],
)
def test_keys_files_and_commands_are_code(text: str, shown: str) -> None:
    assert to_markdown(iter([Line(text)])) == shown
    assert f"| {shown} |" in to_markdown(iter([Grid(["what"], [[text]])]))


def test_what_models_wrote_is_shown_as_it_is() -> None:
    grid = Grid(["id", "summary"], [["1", "run dvc repro on my_file.txt *now*"]], prose=True)
    assert "| 1 | run dvc repro on my\\_file.txt \\*now\\* |" in to_markdown(iter([grid]))
