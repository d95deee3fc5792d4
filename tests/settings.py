"""Settings for tests: a home of its own, quick hashing, no embedded services."""

import os
import tempfile

# A home for each of several test processes; what they start is told its own and keeps it.
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if "COURIER_HOME" not in os.environ or os.environ.get("COURIER_HOME_OF", "") != _worker:
    os.environ["COURIER_HOME"] = tempfile.mkdtemp(prefix="courier-test-")
    os.environ["COURIER_HOME_OF"] = _worker
os.environ.setdefault("COURIER_SECRET", "tests-only")
os.environ.setdefault("COURIER_HOSTNAME", "mail.example.test")

from courier_web.settings import *  # noqa: E402, F403

for _alias, _database in DATABASES.items():  # noqa: F405 - several threads must see one database
    if _database["ENGINE"].endswith("sqlite3"):
        _database["TEST"] = {"NAME": str(COURIER_HOME / f"test-{_alias}.db")}  # noqa: F405
