"""What a stored run's filters want and what images do to it: planned, computed and stored."""

from fer_core.microscope.ascents import plan_filters
from fer_core.microscope.attacks import plan_adversarial
from fer_core.microscope.pictures import plan_dream, plan_outputs
from fer_core.microscope.work import Outcome, Plan, Study, carry_out

__all__ = [
    "Outcome",
    "Plan",
    "Study",
    "carry_out",
    "plan_adversarial",
    "plan_dream",
    "plan_filters",
    "plan_outputs",
]
