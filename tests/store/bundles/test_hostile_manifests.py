"""Files whose content somebody changed to do harm: one line, and the store as it was."""

import re

import pytest

from tests.store.bundles.hostile import CHANGED
from tests.store.bundles.shared import Tampered


@pytest.mark.parametrize("what", CHANGED)
def test_a_changed_file_is_refused(what, whole, refused, tmp_path):
    change, told = CHANGED[what]
    file = Tampered(whole)
    change(file)
    line = refused(file.write(tmp_path / "changed.ferlab"))
    assert re.search(told, line), line
