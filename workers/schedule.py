"""The beat table.  Every job here is idempotent, so two beats are harmless."""

TICK = 15.0  # seconds; the safety net under the doorbell

SCHEDULE = {
    "tick": {
        "task": "workers.scheduler.tick",
        "schedule": TICK,
        "options": {"expires": TICK},
    },
    "sweep": {
        "task": "workers.housekeeping.sweep",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "freezes": {
        "task": "workers.housekeeping.tell_of_freezes",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "dmarc-reports": {
        "task": "workers.housekeeping.report_dmarc",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "keys": {
        "task": "workers.housekeeping.rotate_keys",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "tls-reports": {
        "task": "workers.housekeeping.report_tls",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "tidy": {
        "task": "workers.housekeeping.tidy_mailboxes",
        "schedule": 6 * 3600.0,
        "options": {"expires": 3600},
    },
}
