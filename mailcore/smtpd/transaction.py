"""One mail transaction: from MAIL to the end of the content.  RFC 5321 §3.3."""

from dataclasses import dataclass, field

from mailcore.envelope import Body, Envelope, EnvelopeRecipient, Path, Source
from mailcore.policy.contract import Standing
from mailcore.policy.milter import Milters
from mailcore.policy.spf import SpfVerdict
from mailcore.protocol.smtp.parameters import MailOptions
from mailcore.routing.router import Resolution
from mailcore.smtpd.intake import ChunkIntake


@dataclass(slots=True)
class Transaction:
    """What has been said so far.  `attempts` counts recipients, refused ones included.

    `chunks` is there once BDAT began; `failed` once a chunk was refused: then only RSET
    helps.  RFC 3030 §2.  `standing` is the first recipient's, which all others must share.
    """

    reverse_path: Path
    options: MailOptions
    recipients: list[EnvelopeRecipient] = field(default_factory=list)
    resolutions: list[Resolution] = field(default_factory=list)
    release_at: float = 0.0
    priority: int = 0
    attempts: int = 0
    chunks: ChunkIntake | None = None
    failed: bool = False
    spf: tuple[SpfVerdict, ...] = ()
    standing: Standing | None = None
    milters: Milters | None = None

    def envelope(self, source: Source, auth_identity: str, listener: str) -> Envelope:
        options = self.options
        return Envelope(
            reverse_path=self.reverse_path,
            recipients=tuple(self.recipients),
            source=source,
            # What came as binary has become lines.
            body=Body.EIGHTBIT if options.body is Body.BINARY else options.body,
            smtputf8=options.smtputf8,
            ret=options.ret,
            envid=options.envid,
            auth_identity=auth_identity,
            listener=listener,
            verp=options.verp,
            minimum_security=options.security.value,
            release_at=self.release_at,
            priority=self.priority,
        )

    def discard(self) -> None:
        """The transaction is over or abandoned: let go of its content, hang up on milters."""
        if self.milters is not None:
            self.milters.close()
        if self.chunks is not None:
            self.chunks.discard()
            self.chunks = None
