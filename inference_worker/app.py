"""The worker's Celery application.

Run one worker with ``SLICEWISE_WORKER`` (its name), ``SLICEWISE_DATA`` and
``REDIS_URL`` set (all variables: ``config.VARIABLES``)::

    celery -A inference_worker.app worker --without-gossip --without-mingle

It consumes the shared queue and its own, ``worker.<name>``, in one prefork process;
both queues and the concurrency come from here, ``-Q`` and ``-c`` may repeat them.
Messages are acknowledged before they are worked on, and one at a time is fetched: what
a killed worker had in hand the web side sends again, and what waits can go to another.

The pool process is made after the fork (``process.WorkerProcess``). When it is killed,
Celery's parent starts another and says ``session_cold`` for the message that was lost,
so that the log comes again at once; over a turn that kills a second one, it says that
the turn failed, and the web side counts.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import structlog
from billiard.exceptions import WorkerLostError
from celery import Celery, signals

from inference_worker.config import WorkerConfig
from inference_worker.contract import names
from inference_worker.contract.errors import EngineFailed
from inference_worker.desk import CeleryDesk
from inference_worker.process import start_process, stop_process

log = structlog.get_logger(__name__)


def make_app(config: WorkerConfig) -> Celery:
    """The Celery application of one worker."""
    app = Celery(
        "inference_worker",
        broker=config.broker_url,
        include=["inference_worker.tasks"],
        set_as_current=False,
    )
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_acks_late=False,
        task_default_queue=names.QUEUE_SHARED,
        task_queues={
            names.QUEUE_SHARED: {},
            names.worker_queue(config.worker): {},
        },
        worker_pool="prefork",
        worker_concurrency=1,
        worker_prefetch_multiplier=1,
        # Or a busy worker would hold one message of the shared queue back.
        worker_disable_prefetch=True,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_proc_alive_timeout=60.0,
        # A killed process cannot have answered after that; the default is 10 s.
        worker_lost_wait=1.0,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={"socket_timeout": 30, "socket_keepalive": True},
    )
    return app


config = WorkerConfig.from_environment()
app = make_app(config)
_lost_over: set[tuple[str, str]] = set()


@signals.setup_logging.connect
def set_up_logging(**_: Any) -> None:
    """One JSON line per event, from our own code and from libraries."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=structlog.processors.JSONRenderer(), foreign_pre_chain=shared
        )
    )
    logging.basicConfig(handlers=[handler], level=config.log_level, force=True)


@signals.worker_init.connect
def load_torch_before_the_fork(**_: Any) -> None:
    """Import torch once, so that a killed pool process is replaced within a second.

    Importing starts no thread and computes nothing, which is what would not survive.
    """
    import torch  # noqa: F401


@signals.worker_ready.connect
def look_after_the_pool(sender: Any, **_: Any) -> None:
    """Replace a killed pool process at once.

    Celery hears that it went a moment before it can be reaped, and would look again
    only after five seconds.
    """
    sender.hub.call_repeatedly(0.25, sender.pool.maintain_pool)


@signals.worker_process_init.connect
def start_pool_process(**_: Any) -> None:
    """Make the pool process a worker."""
    start_process(config, app)


@signals.worker_process_shutdown.connect
def stop_pool_process(**_: Any) -> None:
    """Store what is warm before the pool process ends."""
    stop_process()


@signals.task_failure.connect
def report_lost_process(
    sender: Any, exception: BaseException, kwargs: Mapping[str, Any], **_: Any
) -> None:
    """In the parent: the pool process died over a message, so ask for it again."""
    lost = isinstance(exception, WorkerLostError) and sender.name == names.TAKE_TURNS
    if not lost or "session" not in kwargs:
        return
    session, fence = kwargs["session"], kwargs["fence"]
    about = {"session": session, "fence": fence}
    place = (str(session), str(kwargs.get("answer_from")))
    log.error("pool process lost", turn=place[1], **about)
    desk = CeleryDesk(app)
    if place not in _lost_over:
        _lost_over.add(place)
        desk.report(names.SESSION_COLD, {**about, "worker": config.worker})
        return
    turn = next(
        (
            turn["id"]
            for turn in kwargs["log"]["turns"]
            if turn["seq"] == kwargs["answer_from"]
        ),
        None,
    )
    error = EngineFailed(
        "crashed", "The engine crashed over this mark; undo it and try another."
    )
    desk.report(names.TURN_FAILED, {**about, "turn": turn, "error": error.as_json()})
