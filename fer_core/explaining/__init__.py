"""Explanations of a run: images are chosen, what lacks is worked out, then computed and stored."""

from fer_core.explaining.computing import BATCH, Outcome, carry_out
from fer_core.explaining.planning import Plan, plan
from fer_core.explaining.request import Request

__all__ = ["BATCH", "Outcome", "Plan", "Request", "carry_out", "plan"]
