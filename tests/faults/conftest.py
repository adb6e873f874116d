"""The invariant's assertions tell what differs."""

import pytest

pytest.register_assert_rewrite("tests.faults.world")
