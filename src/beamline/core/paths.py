"""Where the stages write what later stages and commands read: the outputs of dvc.yaml, relative to the repository."""

from pathlib import Path

PARAMS = Path("params.yaml")

PREPARED = Path("data/prepared")

MODELS = Path("models")
CHECKPOINTS = MODELS / "checkpoints.json"
TRAINING_RECORD = MODELS / "training.json"
CURVES = Path("plots/training")
TRAIN_METRICS = Path("metrics/train.json")

MODEL = Path("model")  # the chosen one of MODELS
REPORTED = MODEL / "reported.json"
PREDICTIONS = Path("reports/predictions.jsonl")
SCORES = Path("metrics/rouge.json")
GENERATION = Path("metrics/generation.json")
SCORE_PLOT = Path("plots/scores.json")
LENGTH_PLOT = Path("plots/lengths.json")

DIAGNOSIS = Path("reports/diagnosis.md")
DIAGNOSIS_METRICS = Path("metrics/diagnosis.json")

PAGE = Path("reports/page.html")

WORK = Path(".work")  # under the root of the repository: what an unfinished training needs to go on
PROBLEMS = WORK / "problems"  # lists of rows that something is wrong with
