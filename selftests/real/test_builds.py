# SPDX-License-Identifier: GPL-2.0
"""No guest: the module builds for the kernels of the matrix (rig/rows.py), without warnings."""

import pytest

from rig import rows

pytestmark = pytest.mark.matrix(*rows.ALL, only=True)


def test_builds(row, record_property):
    built = rows.built(row)
    record_property("kernel", built.kernel.release)
    record_property("compiler", built.compiler)
