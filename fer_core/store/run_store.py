"""RunStore: the one way in and out of the store."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fer_core.records import (
    Dataset,
    DatasetArrays,
    Epoch,
    EvaluationSplit,
    Layer,
    Predictions,
    Run,
    RunDetails,
    TensorKey,
    TensorRecord,
)
from fer_core.store import (
    bundles,
    drafts,
    evaluation,
    keeping,
    opening,
    own_loop,
    repairing,
    runs,
    starting,
    tensors,
    writing,
)
from fer_core.store.bundles import Exported, Imported
from fer_core.store.bundles.archive import Progress
from fer_core.store.database import Database
from fer_core.store.datasets import Datasets
from fer_core.store.repairing import RepairReport
from fer_core.store.starting import NewRun
from fer_core.store.writing import RunWriter

Indices = Sequence[int] | np.ndarray


class RunStore:
    """Everything that is kept: data sets, runs, epochs, predictions, tensors.

    Wherever a run is asked for, its id, its name or a unique beginning of its id will do. Wrong
    requests raise InputError, a store that cannot do it (a full disk) StoreError; both are one
    line. One RunStore serves any number of threads.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._datasets = Datasets(database)

    @classmethod
    def open(cls, path: Path | str | None = None, *, read_only: bool = False) -> "RunStore":
        """Open the store at `path`, else where FER_STORE says, else runs/runs.db.

        For writing, a missing store is created and an older one migrated after a backup; for
        reading, nothing is ever created or changed. Raises StoreUnavailable.
        """
        file = opening.default_path() if path is None else Path(path)
        if not read_only:
            opening.prepare(file)
        opening.check(file)
        return cls(Database(file, read_only=read_only))

    def close(self) -> None:
        """Close the connections."""
        self._database.close()

    def __enter__(self) -> "RunStore":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """The store's file."""
        return self._database.path

    @property
    def folder(self) -> Path:
        """The folder of the file, where data sets and checkpoints lie, too."""
        return self.path.parent

    def checkpoint_folder(self, run_id: str) -> Path:
        """Return where the run with this id keeps its weights; it may not be there yet."""
        return self.folder / run_id / "checkpoints"

    # Data sets

    def add_dataset(self, name: str, arrays: DatasetArrays) -> Dataset:
        """Store a data set; the same one under the same name changes nothing.

        Raises InputError when the name stands for other images.
        """
        return self._datasets.add(name, arrays)

    def datasets(self) -> tuple[Dataset, ...]:
        """Return all data sets by name."""
        return self._datasets.all()

    def dataset(self, name: str) -> Dataset:
        """Return one data set by name."""
        return self._datasets.get(name)

    def images(self, fingerprint: str, split: str, indices: Indices | None = None) -> np.ndarray:
        """Return images as (N, 48, 48) uint8, read-only; all of them memory-mapped."""
        return self._datasets.images(fingerprint, split, indices)

    def has_images(self, fingerprint: str) -> bool:
        """Tell whether a data set's images are here: of real faces that came with runs, they are
        only where the runs were shared with faces."""
        return self._datasets.has_images(fingerprint)

    def need_images(self, fingerprint: str) -> None:
        """Raise InputError, which says how to add them, where they are not."""
        self._datasets.need_images(fingerprint)

    def labels(self, fingerprint: str, split: str) -> np.ndarray:
        """Return labels as (N,) int8, -1 where there is none."""
        return self._datasets.labels(fingerprint, split)

    def sample_names(self, fingerprint: str, split: str) -> tuple[str, ...]:
        """Return the source names of a split's images."""
        return self._datasets.sample_names(fingerprint, split)

    def regions(self, fingerprint: str, split: str) -> np.ndarray | None:
        """Return (N, 48, 48) uint8 indices into REGION_NAMES; None for real faces."""
        return self._datasets.regions(fingerprint, split)

    def identical_groups(self, fingerprint: str, split: str) -> np.ndarray:
        """Return (N,) int32: equal numbers, in any splits, mean byte-identical images."""
        return self._datasets.identical_groups(fingerprint, split)

    def near_groups(self, fingerprint: str, split: str) -> np.ndarray:
        """Return (N,) int32: equal numbers, in any splits, mean the same picture, up to small
        changes, turned or mirrored; byte-identical images have the same one."""
        return self._datasets.near_groups(fingerprint, split)

    def flags(self, fingerprint: str, split: str) -> np.ndarray:
        """Return what the audit found at import: (N,) uint16, a bit for each of AUDIT_FLAGS."""
        return self._datasets.flags(fingerprint, split)

    def add_dataset_tensor(self, fingerprint: str, tensor: TensorRecord) -> None:
        """Store an array that belongs to a data set, in place of one with its kind and sample."""
        tensors.add_dataset_tensor(self._database, fingerprint, tensor)

    def dataset_tensors(self, fingerprint: str, kind: str) -> tuple[TensorRecord, ...]:
        """Return the arrays of a kind that belong to a data set, in the order stored."""
        return tensors.get_dataset_tensors(self._database, fingerprint, kind)

    def sample(self, fingerprint: str, text: str) -> tuple[str, int]:
        """Return (split, index) of ``test:12`` or of a source name."""
        return self._datasets.sample(fingerprint, text)

    # Writing

    @contextmanager
    def start_run(
        self,
        name: str | None = None,
        *,
        config: Mapping[str, Any] | None = None,
        preset: str = "",
        data: str | None = None,
        held_out: np.ndarray | None = None,
        dropped: np.ndarray | None = None,
        dropped_counts: Mapping[str, int] | None = None,
        layers: tuple[Layer, ...] = (),
        parameters: int | None = None,
        seed: int = 0,
        epochs_planned: int = 0,
        versions: Mapping[str, str] | None = None,
        device: str = "",
    ) -> Iterator[RunWriter]:
        """Write a new run: ``with store.start_run("mine", data="faces") as run``.

        name: 1 to 80 characters, not taken; None gives ``<preset>-<n>``. config: anything that
        JSON holds; preset: what `fer-core train` trains, left out by a loop of one's own. data: a
        stored data set; held_out: indices into its train split that serve as validation;
        dropped: further ones that are not trained on, with their number by reason. parameters:
        by default those of `layers`. Leaving the block normally makes the run finished; Ctrl-C
        interrupted, any other exception failed.
        """
        if parameters is None:
            parameters = sum(layer.parameters for layer in layers)
        new = NewRun(
            name, config or {}, preset, data, held_out, dropped, dropped_counts or {}, layers,
            parameters, seed, epochs_planned, versions or {}, device,
        )  # fmt: skip
        writer = starting.start(self._database, self._datasets, new)
        with writing.writing(writer):
            yield writer

    @contextmanager
    def continue_run(self, reference: str) -> Iterator[RunWriter]:
        """Go on with a run that stopped before its end; as a block like `start_run`.

        Raises InputError for a finished run and for one whose process is alive.
        """
        with writing.writing(starting.take_over(self._database, self._datasets, reference)) as run:
            yield run

    def add_predictions(
        self,
        run_id: str,
        predictions: Predictions | str,
        probabilities: ArrayLike | None = None,
        **settings: Any,
    ) -> None:
        """Store predictions with their score, in place of earlier ones with the same settings.

        predictions: all of it, or a split's name and then `probabilities` (N, 7) and settings as
        in RunWriter.add_predictions. Predictions on ``test`` or ``public`` log a reading of it.
        Raises InputError unless they are probabilities for exactly the images of
        `evaluation_split`.
        """
        if isinstance(predictions, str):
            predictions = own_loop.predictions_of(
                self._database, self._datasets, run_id, predictions, probabilities, **settings
            )
        evaluation.add_predictions(self._database, self._datasets, run_id, predictions)

    def add_tensor(self, run_id: str, tensor: TensorRecord) -> None:
        """Store an array, in place of an earlier one with the same key."""
        self.add_tensors(run_id, [tensor])

    def add_tensors(self, run_id: str, records: Sequence[TensorRecord]) -> None:
        """Store arrays, all or none, in place of earlier ones with the same keys."""
        tensors.add_tensors(self._database, run_id, records)

    # Reading

    def runs(self) -> tuple[Run, ...]:
        """Return all runs, newest first."""
        return runs.list_runs(self._database)

    def run(self, reference: str) -> Run:
        """Return one run by id, name, or unique beginning of its id."""
        return runs.get_run(self._database, reference)

    def details(self, run_id: str) -> RunDetails:
        """Return a run with its configuration, layers, versions and readings of test."""
        return runs.get_details(self._database, run_id)

    def histories(self, run_ids: Iterable[str]) -> dict[str, tuple[Epoch, ...]]:
        """Return the epochs by run id, oldest first, in one query; () where there are none."""
        return runs.get_histories(self._database, run_ids)

    def can_go_on(self, run_id: str) -> bool:
        """Tell whether what training goes on from was stored here: it is not shared, so a run
        that was imported after its first epoch lacks it. Loops of one's own keep it elsewhere."""
        run = self.run(run_id)
        history = self.histories((run.id,))[run.id]
        logged = not run.preset or not history
        return logged or any(epoch.state_sha256 for epoch in history)

    def held_out(self, run_id: str) -> np.ndarray:
        """Return the indices into train that served as validation: (N,) int32, maybe none."""
        with self._database.read() as connection:
            return runs.get_held_out(connection, runs.find(connection, run_id, self.path))

    def dropped(self, run_id: str) -> np.ndarray:
        """Return the indices into train that the run was told to leave out: (N,) int32."""
        with self._database.read() as connection:
            return runs.get_dropped(connection, runs.find(connection, run_id, self.path))

    def evaluation_split(
        self, run_id: str, split: str, *, needs_labels: bool = True
    ) -> EvaluationSplit:
        """Return the images that a split means for this run.

        ``validation`` is the source's, or the held-out part of train; ``public`` is the
        source's validation split when part of train was held out; ``train`` is what the run
        trained on. Raises InputError for a split that is not there, and for one with unlabelled
        images unless `needs_labels` is False.
        """
        return evaluation.evaluation_split(
            self._database, self._datasets, run_id, split, needs_labels=needs_labels
        )

    def predictions(
        self, run_id: str, split: str, weights: str = "best", averaging: str = "none"
    ) -> Predictions:
        """Return stored predictions; InputError names the command that makes them."""
        return evaluation.get_predictions(self._database, run_id, split, weights, averaging)

    def predicted(self, run_id: str) -> tuple[tuple[str, str, str], ...]:
        """Return (split, weights, averaging) of all stored predictions, in the order stored."""
        return evaluation.get_keys(self._database, run_id)

    def tensors(
        self, run_id: str, kind: str, *, samples: Iterable[str] | None = None, **key: str
    ) -> tuple[TensorRecord, ...]:
        """Return the arrays of a kind, in the order stored, whose key has these values; of
        `samples` only, where they are given, in one query."""
        return tensors.get_tensors(self._database, run_id, kind, samples, **key)

    def tensor_keys(self, run_id: str, kind: str) -> tuple[TensorKey, ...]:
        """Return the keys and provenance of a kind's arrays, in the order stored, without them."""
        return tensors.get_keys(self._database, run_id, kind)

    # Keeping

    def rename(self, run_id: str, new: str) -> None:
        """Give a run another name."""
        keeping.rename(self._database, run_id, new)

    def set_tags(self, run_id: str, tags: Iterable[str]) -> None:
        """Replace a run's tags."""
        keeping.set_tags(self._database, run_id, tags)

    def set_note(self, run_id: str, note: str) -> None:
        """Replace a run's note."""
        keeping.set_note(self._database, run_id, note)

    def set_leaderboard(
        self, run_id: str, *, public: float | None = None, private: float | None = None
    ) -> None:
        """Note the scores, in 0..1, that a leaderboard gave a run's submission."""
        keeping.set_leaderboard(self._database, run_id, public, private)

    def save_report_draft(
        self, run_ids: Iterable[str], template: str, language: str, edits: Mapping[str, Any]
    ) -> None:
        """Store what was edited of a report on these runs, in any order, in place of earlier edits.

        edits: anything that JSON holds. No run's revision changes.
        """
        drafts.save_draft(self._database, run_ids, template, language, edits)

    def report_draft(
        self, run_ids: Iterable[str], template: str, language: str
    ) -> dict[str, Any] | None:
        """Return what was edited of a report on these runs; None where nothing is stored."""
        return drafts.get_draft(self._database, run_ids, template, language)

    def delete_report_draft(self, run_ids: Iterable[str], template: str, language: str) -> bool:
        """Delete what was edited of a report; False where nothing is stored."""
        return drafts.delete_draft(self._database, run_ids, template, language)

    def delete(self, run_id: str) -> None:
        """Delete a run, its checkpoints and the drafts of reports that it is in; the space goes
        back to the disk."""
        keeping.delete_run(self._database, run_id)

    # Sharing

    def export_runs(
        self,
        references: Sequence[str],
        path: Path | str,
        *,
        weights: bool = True,
        faces: bool = False,
        progress: Progress = lambda *_: None,
    ) -> Exported:
        """Write runs and what is known of their data sets to one file, all of it or nothing.

        weights: whether their checkpoints go along; faces: whether the images of real faces do,
        and what shows them. The same runs and options give the same bytes. `progress` is told
        how many members of how many are written.
        """
        return bundles.export_runs(
            self._database,
            self._datasets,
            references,
            Path(path),
            weights=weights,
            faces=faces,
            progress=progress,
        )

    def import_runs(self, path: Path | str, *, progress: Progress = lambda *_: None) -> Imported:
        """Bring the runs of a file that `export_runs` wrote into this store, all or none.

        Everything in the file is checked before anything is written. A run that is here already,
        with all that the file holds of it, is left alone. Raises InputError for a file that is
        not as it should be, and for a run that is here with other content.
        """
        return bundles.import_runs(self._database, self._datasets, Path(path), progress=progress)

    def repair(self) -> RepairReport:
        """Mark stale runs interrupted, remove what belongs to nothing, check the file."""
        return repairing.repair(self._database, self._datasets)
