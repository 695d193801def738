"""The first schema.

A migration repeats the tables as they were at its time and never imports schema.py.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables."""
    op.create_table(
        "datasets",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("synthetic", sa.Boolean, nullable=False),
        sa.Column("splits", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_datasets"),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("preset", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("dataset", sa.Text, nullable=False),
        sa.Column("dataset_fingerprint", sa.Text, nullable=False),
        sa.Column("synthetic", sa.Boolean, nullable=False),
        sa.Column("seed", sa.Integer, nullable=False),
        sa.Column("parameters", sa.Integer, nullable=False),
        sa.Column("epochs_planned", sa.Integer, nullable=False),
        sa.Column("epochs", sa.Integer, nullable=False),
        sa.Column("best_epoch", sa.Integer, nullable=True),
        sa.Column("validation_accuracy", sa.Float, nullable=True),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("process_started", sa.Float, nullable=False),
        sa.Column("heartbeat_at", sa.Float, nullable=False),
        sa.Column("writer", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sa.UniqueConstraint("name", name="uq_runs_name"),
    )
    op.create_table(
        "blobs",
        sa.Column("id", sa.Integer, nullable=False),
        _run_id(),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_blobs"),
        _owner("blobs"),
    )
    op.create_index("ix_blobs_run_id", "blobs", ["run_id"])
    op.create_table(
        "run_details",
        _run_id(),
        sa.Column("config", sa.JSON, nullable=False),
        sa.Column("layers", sa.JSON, nullable=False),
        sa.Column("versions", sa.JSON, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("held_out_blob_id", sa.Integer, nullable=True),
        sa.Column("held_out_fingerprint", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_run_details"),
        sa.UniqueConstraint("held_out_blob_id", name="uq_run_details_held_out_blob_id"),
        _owner("run_details"),
        _blob("run_details", "held_out_blob_id"),
    )
    op.create_table(
        "epochs",
        _run_id(),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("train_loss", sa.Float, nullable=True),
        sa.Column("train_accuracy", sa.Float, nullable=True),
        sa.Column("validation_loss", sa.Float, nullable=True),
        sa.Column("validation_accuracy", sa.Float, nullable=True),
        sa.Column("seconds", sa.Float, nullable=True),
        sa.Column("learning_rate", sa.Float, nullable=True),
        sa.Column("weights_sha256", sa.Text, nullable=True),
        sa.Column("state_sha256", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("run_id", "epoch", name="pk_epochs"),
        _owner("epochs"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "predictions",
        sa.Column("id", sa.Integer, nullable=False),
        _run_id(),
        sa.Column("split", sa.Text, nullable=False),
        sa.Column("weights", sa.Text, nullable=False),
        sa.Column("averaging", sa.Text, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("checkpoint_sha256", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=True),
        sa.Column("correct", sa.Integer, nullable=True),
        sa.Column("count_without_twins", sa.Integer, nullable=True),
        sa.Column("correct_without_twins", sa.Integer, nullable=True),
        sa.Column("blob_id", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_predictions"),
        sa.UniqueConstraint(
            "run_id", "split", "weights", "averaging", name="uq_predictions_run_id"
        ),
        sa.UniqueConstraint("blob_id", name="uq_predictions_blob_id"),
        _owner("predictions"),
        _blob("predictions", "blob_id"),
    )
    op.create_table(
        "tensors",
        sa.Column("id", sa.Integer, nullable=False),
        _run_id(),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("kind", "method", "layer", "sample", "target", "weights")
        ),
        sa.Column("provenance", sa.JSON, nullable=False),
        sa.Column("blob_id", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tensors"),
        sa.UniqueConstraint(
            *("run_id", "kind", "method", "layer", "sample", "target", "weights"),
            name="uq_tensors_run_id",
        ),
        sa.UniqueConstraint("blob_id", name="uq_tensors_blob_id"),
        _owner("tensors"),
        _blob("tensors", "blob_id"),
    )
    op.create_table(
        "test_readings",
        sa.Column("id", sa.Integer, nullable=False),
        _run_id(),
        sa.Column("split", sa.Text, nullable=False),
        sa.Column("weights", sa.Text, nullable=False),
        sa.Column("averaging", sa.Text, nullable=False),
        sa.Column("checkpoint_sha256", sa.Text, nullable=False),
        sa.Column("read_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_test_readings"),
        _owner("test_readings"),
    )
    op.create_index("ix_test_readings_run_id", "test_readings", ["run_id"])


def _run_id() -> sa.Column:
    return sa.Column("run_id", sa.Text, nullable=False)


def _owner(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_run_id"
    return sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=name, ondelete="CASCADE")


def _blob(table: str, column: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}"
    return sa.ForeignKeyConstraint([column], ["blobs.id"], name=name, ondelete="CASCADE")
