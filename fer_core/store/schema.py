"""The tables. A change here needs a migration in migrations/versions and a new `opening.HEAD`.

Whatever is large (probabilities, tensors, the held-out indices) lies in `blobs`, so that
listing runs never touches it. Times are seconds since 1970.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

# Named constraints, so that migrations can name them.
metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _integer(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, Integer, nullable=nullable)


def _float(name: str, *, nullable: bool = False) -> Column[float]:
    return Column(name, Float, nullable=nullable)


def _json(name: str) -> Column[object]:
    return Column(name, JSON, nullable=False)


def _run_id(*, primary_key: bool = False) -> Column[str]:
    owner = ForeignKey("runs.id", ondelete="CASCADE")
    return Column("run_id", Text, owner, primary_key=primary_key, nullable=False)


def _blob_id(name: str = "blob_id", *, nullable: bool = False) -> Column[int]:
    return Column(name, Integer, ForeignKey("blobs.id", ondelete="CASCADE"), nullable=nullable)


datasets = Table(
    "datasets",
    metadata,
    Column("name", Text, primary_key=True, nullable=False),
    _text("fingerprint"),
    _text("form"),
    Column("synthetic", Boolean, nullable=False),
    _json("splits"),
    _float("created_at"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True, nullable=False),
    _text("name"),
    _text("preset"),
    _text("status"),
    _text("dataset"),
    _text("dataset_fingerprint"),
    Column("synthetic", Boolean, nullable=False),
    _integer("seed"),
    _integer("parameters"),
    _integer("epochs_planned"),
    # Derived from the epochs in the transaction that writes one.
    _integer("epochs"),
    _integer("best_epoch", nullable=True),
    _float("validation_accuracy", nullable=True),
    _float("seconds"),
    _float("created_at"),
    _float("updated_at"),
    _integer("revision"),
    _json("tags"),
    _text("note"),
    # The process that writes the run, and the token of its writer.
    _text("host"),
    _integer("pid"),
    _float("process_started"),
    _float("heartbeat_at"),
    _text("writer"),
    # What a person noted of a leaderboard, 0..1.
    _float("leaderboard_public", nullable=True),
    _float("leaderboard_private", nullable=True),
    UniqueConstraint("name"),
)

run_details = Table(
    "run_details",
    metadata,
    _run_id(primary_key=True),
    _json("config"),
    _json("layers"),
    _json("versions"),
    _text("device"),
    _blob_id("held_out_blob_id", nullable=True),
    _text("held_out_fingerprint"),
    # Indices into train that were left out, and how many for which reason.
    _blob_id("dropped_blob_id", nullable=True),
    Column("dropped", JSON, nullable=True),
    UniqueConstraint("held_out_blob_id"),
    UniqueConstraint("dropped_blob_id"),
)

# Floats are nullable: SQLite keeps not-a-number, of a run that diverged, as NULL.
epochs = Table(
    "epochs",
    metadata,
    _run_id(primary_key=True),
    Column("epoch", Integer, primary_key=True, nullable=False),
    _float("train_loss", nullable=True),
    _float("train_accuracy", nullable=True),
    _float("validation_loss", nullable=True),
    _float("validation_accuracy", nullable=True),
    _float("seconds", nullable=True),
    _float("learning_rate", nullable=True),
    Column("weights_sha256", Text),
    Column("state_sha256", Text),
    sqlite_with_rowid=False,
)

blobs = Table(
    "blobs",
    metadata,
    Column("id", Integer, primary_key=True, nullable=False),
    _run_id(),
    Column("data", LargeBinary, nullable=False),
    Index("ix_blobs_run_id", "run_id"),
)

# The counts are NULL where the split has no labels.
predictions = Table(
    "predictions",
    metadata,
    Column("id", Integer, primary_key=True, nullable=False),
    _run_id(),
    _text("split"),
    _text("weights"),
    _text("averaging"),
    _integer("epoch"),
    _text("checkpoint_sha256"),
    _text("fingerprint"),
    _integer("count", nullable=True),
    _integer("correct", nullable=True),
    _integer("count_without_twins", nullable=True),
    _integer("correct_without_twins", nullable=True),
    _blob_id(),
    _float("created_at"),
    UniqueConstraint("run_id", "split", "weights", "averaging"),
    UniqueConstraint("blob_id"),
)

tensors = Table(
    "tensors",
    metadata,
    Column("id", Integer, primary_key=True, nullable=False),
    _run_id(),
    _text("kind"),
    _text("method"),
    _text("layer"),
    _text("sample"),
    _text("target"),
    _text("weights"),
    _json("provenance"),
    _blob_id(),
    _float("created_at"),
    UniqueConstraint("run_id", "kind", "method", "layer", "sample", "target", "weights"),
    UniqueConstraint("blob_id"),
)

# What belongs to a data set's images, whatever the data set is called.
dataset_tensors = Table(
    "dataset_tensors",
    metadata,
    Column("id", Integer, primary_key=True, nullable=False),
    _text("fingerprint"),
    _text("kind"),
    _text("sample"),
    _json("provenance"),
    Column("data", LargeBinary, nullable=False),
    _float("created_at"),
    UniqueConstraint("fingerprint", "kind", "sample"),
)

test_readings = Table(
    "test_readings",
    metadata,
    Column("id", Integer, primary_key=True, nullable=False),
    _run_id(),
    _text("split"),
    _text("weights"),
    _text("averaging"),
    _text("checkpoint_sha256"),
    _float("read_at"),
    Index("ix_test_readings_run_id", "run_id"),
)

# run_ids: a JSON list, sorted, so that equal sets are equal texts.
report_drafts = Table(
    "report_drafts",
    metadata,
    Column("id", Integer, primary_key=True, nullable=False),
    _text("template"),
    _text("language"),
    _text("run_ids"),
    _json("edits"),
    _float("updated_at"),
    UniqueConstraint("template", "language", "run_ids"),
)
