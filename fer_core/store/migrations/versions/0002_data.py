"""Leaderboard scores, images left out of training, and arrays that belong to a data set."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add columns to runs and their details, and a table."""
    # Recreated, so that a migrated store has the very schema of a fresh one.
    with op.batch_alter_table("runs", recreate="always") as batch:
        batch.add_column(sa.Column("leaderboard_public", sa.Float, nullable=True))
        batch.add_column(sa.Column("leaderboard_private", sa.Float, nullable=True))
    with op.batch_alter_table("run_details", recreate="always") as batch:
        batch.add_column(sa.Column("dropped_blob_id", sa.Integer, nullable=True))
        batch.add_column(sa.Column("dropped", sa.JSON, nullable=True))
        batch.create_unique_constraint("uq_run_details_dropped_blob_id", ["dropped_blob_id"])
        batch.create_foreign_key(
            "fk_run_details_dropped_blob_id",
            "blobs",
            ["dropped_blob_id"],
            ["id"],
            ondelete="CASCADE",
        )
    op.create_table(
        "dataset_tensors",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("sample", sa.Text, nullable=False),
        sa.Column("provenance", sa.JSON, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dataset_tensors"),
        sa.UniqueConstraint("fingerprint", "kind", "sample", name="uq_dataset_tensors_fingerprint"),
    )
