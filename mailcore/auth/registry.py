"""The tables of authentication back ends."""

from mailcore.auth.contract import Backend, TokenBackend
from mailcore.registry import Registry

backends: Registry[type[Backend]] = Registry(
    "courier.auth",
    {
        "database": "mailcore.auth.database:DatabaseBackend",
    },
)

token_backends: Registry[type[TokenBackend]] = Registry("courier.auth.tokens", {})
