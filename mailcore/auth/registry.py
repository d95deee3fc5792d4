"""The table of authentication back ends."""

from mailcore.auth.contract import Backend
from mailcore.registry import Registry

backends: Registry[type[Backend]] = Registry(
    "courier.auth",
    {
        "database": "mailcore.auth.database:DatabaseBackend",
    },
)
