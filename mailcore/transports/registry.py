"""The table of transports."""

from mailcore.registry import Registry
from mailcore.transports.contract import Transport

transports: Registry[type[Transport]] = Registry(
    "courier.transports",
    {
        "local": "mailcore.transports.local.transport:LocalTransport",
        "instructions": "mailcore.transports.local.errands:InstructionsTransport",
        "esmtp": "mailcore.transports.esmtp.transport:EsmtpTransport",
    },
)
