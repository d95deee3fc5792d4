"""The Celery application: it decides when, `mailcore` decides what.

Celery may lose every task at any moment: a task only means "look at the queue".  The settings
below are those with which a killed worker neither strands nor loses a task; see docs/queue.md.
"""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courier_web.settings")

import django
from celery import Celery, signals
from django.conf import settings
from django.db import close_old_connections

from workers.schedule import SCHEDULE

VISIBILITY_TIMEOUT = 3600  # seconds; longer than any task may take
TASK_LIMIT = 3300


def broker(url: str) -> str:
    """COURIER_REDIS_URL as kombu writes it."""
    return url.replace("unix://", "redis+socket://", 1) if url.startswith("unix://") else url


if not settings.configured or not django.apps.apps.ready:
    django.setup()

app = Celery("courier", broker=broker(settings.COURIER_REDIS_URL))
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_default_queue="scheduler",
    task_soft_time_limit=TASK_LIMIT,
    task_publish_retry=False,
    task_send_sent_event=False,
    worker_send_task_events=False,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_enable_remote_control=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    broker_connection_retry=True,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": VISIBILITY_TIMEOUT,
        "unacked_restore_interval": 1,
        "unacked_restore_limit": 100,
        "socket_connect_timeout": 2,
        "socket_timeout": 30,
        "health_check_interval": 30,
        "max_retries": 1,  # of one publish; the doorbell would rather be silent than late
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.2,
    },
    imports=(
        "workers.scheduler",
        "workers.delivery",
        "workers.bounce",
        "workers.housekeeping",
    ),
    task_routes={
        "workers.scheduler.*": {"queue": "scheduler"},
        "workers.delivery.deliver_local": {"queue": "local"},
        "workers.delivery.attempt": {"queue": "esmtp"},
        "workers.bounce.*": {"queue": "bounce"},
        "workers.housekeeping.*": {"queue": "housekeeping"},
    },
    beat_schedule=SCHEDULE,
    timezone="UTC",
)


@signals.task_prerun.connect  # type: ignore[untyped-decorator]  # Celery has no types
def _before(**_: Any) -> None:
    """Thread pools never end a request, so stale connections are dropped around each task."""
    close_old_connections()


@signals.worker_ready.connect  # type: ignore[untyped-decorator]  # Celery has no types
def _look_at_once(**_: Any) -> None:
    """What died with the last worker is put back now, not at the next tick."""
    from workers import recycling  # it needs Django's apps, which are loaded by now

    app.send_task("workers.scheduler.tick", queue="scheduler")
    recycling.watch()


@signals.worker_shutdown.connect  # type: ignore[untyped-decorator]  # Celery has no types
def _hang_up(**_: Any) -> None:
    """Peers hear QUIT (RFC 5321 §3.8) instead of a connection that breaks."""
    from mailcore.transports.esmtp import calls  # as above

    calls.hang_up()
