"""The agenda: in time order, nothing lost by a job that fails, nothing run after the stop."""

from __future__ import annotations

import logging
from threading import Event

import pytest

from infra.sandbox.agenda import Agenda


def test_jobs_run_in_the_order_of_their_times() -> None:
    agenda, done, ran = Agenda("test", workers=1), Event(), []
    agenda.after(0.06, done.set)
    agenda.after(0.04, lambda: ran.append("later"))
    agenda.after(0.02, lambda: ran.append("sooner"))
    assert done.wait(5)
    agenda.stop(timeout=1)
    assert ran == ["sooner", "later"]


def fail() -> None:
    raise ZeroDivisionError


def test_a_failing_job_is_logged_and_the_next_one_runs(caplog: pytest.LogCaptureFixture) -> None:
    agenda, done = Agenda("test", workers=1), Event()
    with caplog.at_level(logging.ERROR):
        agenda.after(0, fail)
        agenda.after(0, done.set)
        assert done.wait(5)
    agenda.stop(timeout=1)
    assert "a job failed" in caplog.text


def test_after_the_stop_nothing_runs() -> None:
    agenda, ran = Agenda("test", workers=2), Event()
    agenda.after(0.05, ran.set)
    agenda.stop(timeout=1)
    assert not ran.wait(0.1)
