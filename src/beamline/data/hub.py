"""Datasets of the Hugging Face hub. No code from the hub is executed: datasets 5 can't."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from beamline.core.errors import BeamlineError
from beamline.data.readers import Row


@dataclass(frozen=True)
class HubDataset:
    """A dataset at a commit. config: which of its configurations. license: as its card says, or None."""

    id: str
    commit: str
    config: str | None
    license: str | list[str] | None
    splits: Sequence["HubSplit"]

    def describe(self) -> dict[str, object]:
        """Return what determines the records, for provenance."""
        return {
            "name": self.id,
            "revision": self.commit,
            "config": self.config,
            "license": self.license,
            "datasets": version("datasets"),
        }


@dataclass(frozen=True)
class HubSplit:
    """The records of one split, which are fetched by the first iteration. name: what the dataset calls it."""

    id: str
    commit: str
    config: str | None
    name: str
    files: Sequence[str]

    def __iter__(self) -> Iterator[Row]:
        """Yield the records.

        Splits are built one by one, because `datasets` wants the same columns in all that it builds together.
        DialogSum has `summary` in train, and `summary1` to `summary3` in test.
        """
        import datasets  # noqa: PLC0415  (seconds, which --help need not wait for)

        try:
            records = datasets.load_dataset(
                self.id,
                self.config,
                revision=self.commit,
                data_files={self.name: list(self.files)},
                split=self.name,
                verification_mode="no_checks",  # of all splits' sizes, if only one is there
            )
        except Exception as error:  # unrelated classes, a dozen of them
            raise _refuse(self.id, error) from None
        return (Row(f"{self.id}: {self.name} record {number}", record) for number, record in enumerate(records, 1))


def open_hub_dataset(hub_id: str, revision: str, config: str | None) -> HubDataset:
    """Return what the hub says about a dataset at a revision. Its records aren't fetched yet.

    Raises `BeamlineError` for a hub out of reach, and for an unknown id, revision or configuration.
    """
    from huggingface_hub import HfApi, errors  # noqa: PLC0415  (a second, which --help need not wait for)

    try:
        info = HfApi().dataset_info(hub_id, revision=revision)
    except errors.HFValidationError:
        raise BeamlineError(f"{hub_id}: neither a local file or directory nor a hub id such as owner/name") from None
    except errors.RevisionNotFoundError:
        raise BeamlineError(f"{hub_id}: the hub's dataset has no revision '{revision}'; try main") from None
    except errors.RepositoryNotFoundError:  # also what a private or gated one says
        raise BeamlineError(
            f"{hub_id}: no such dataset on the hub, or not open to you; for a private or gated one set HF_TOKEN"
        ) from None
    except Exception as error:  # of the HTTP client underneath, whichever that is
        raise BeamlineError(
            f"{hub_id}: the hub can't be reached ({_one_line(error)}); run this where there is a network,"
            " and copy the directory here"
        ) from None

    assert info.sha is not None

    import datasets  # noqa: PLC0415  (seconds, which --help need not wait for)

    datasets.logging.set_verbosity(datasets.logging.CRITICAL)  # what it logs comes back as the exception below
    try:
        files = datasets.load_dataset_builder(hub_id, config, revision=info.sha).config.data_files or {}
    except Exception as error:  # unrelated classes, a dozen of them
        raise _refuse(hub_id, error) from None
    return HubDataset(
        hub_id,
        info.sha,
        config,
        info.card_data.get("license") if info.card_data else None,
        [HubSplit(hub_id, info.sha, config, str(name), list(paths)) for name, paths in files.items()],
    )


def _refuse(hub_id: str, error: Exception) -> BeamlineError:
    # The cause says more than "while generating".
    reason, needs_config, _ = _one_line(error.__cause__ or error).partition(" Example of usage")
    hint = "; name it with --config" if needs_config else ""
    return BeamlineError(f"{hub_id}: datasets can't load it: {reason}{hint}")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
