"""The replies that don't vary, encoded once, and the codes of those that do.

Where Courier has a code of its own (COURIERD's 431, 513, 534, 546 …) we use it.
"""

from mailcore import status
from mailcore.errors import DeliveryError
from mailcore.protocol.reply import Reply
from mailcore.status import Status

_OK = status.OK

OK = Reply(250, _OK, "Ok.").encode()
SENDER_OK = Reply(250, status.SENDER_OK, "Ok.").encode()
PRIORITY_LOWERED = Reply(250, Status(2, 3, 6), "Ok, with a lower priority.").encode()
RECIPIENT_OK = Reply(250, status.RECIPIENT_OK, "Ok.").encode()
BYE = Reply(221, _OK, "Bye.").encode()
GO_AHEAD = Reply(354, None, "Go ahead; end with <CRLF>.<CRLF>").encode()
START_TLS = Reply(220, _OK, "Start TLS now.").encode()
AUTH_OK = Reply(235, status.AUTH_SUCCEEDED, "Authentication succeeded.").encode()
CANNOT_VRFY = Reply(252, Status(2, 5, 2), "Send some mail, I'll try my best.").encode()

HELO_FIRST = Reply(502, status.BAD_COMMAND, "Send EHLO first.")
LHLO_ONLY = Reply(500, status.BAD_COMMAND, "This is LMTP: send LHLO.")
NO_LHLO = Reply(500, status.BAD_COMMAND, "This is SMTP: send EHLO.")
BAD_SEQUENCE = Reply(502, status.BAD_COMMAND, "Not now: commands out of order.")
NO_RECIPIENTS = Reply(502, status.BAD_COMMAND, "No valid recipients.")
BINARY_NEEDS_BDAT = Reply(503, status.BAD_COMMAND, "BODY=BINARYMIME is sent by BDAT.")
UNKNOWN_COMMAND = Reply(502, status.BAD_COMMAND, "ESMTP command error.")
NOT_OFFERED = Reply(502, status.BAD_COMMAND, "Command not offered.")
LINE_TOO_LONG = Reply(500, status.LINE_TOO_LONG, "Line too long.")
BARE_LINE_END = Reply(500, status.SYNTAX_ERROR, "Lines end in CRLF.")
CONTROL_CHARACTERS = Reply(500, status.SYNTAX_ERROR, "Control characters in a command.")
NO_ARGUMENT = Reply(501, status.BAD_ARGUMENTS, "No argument expected.")
AUTH_REQUIRED = Reply(530, status.OTHER_SECURITY, "Authentication required.")
TLS_REQUIRED = Reply(530, status.OTHER_SECURITY, "STARTTLS is required first.")
NO_TLS = Reply(540, status.OTHER_SECURITY, "TLS is not available.")
AUTH_FAILED = Reply(535, status.AUTH_FAILED, "Authentication failed.")
AUTH_CANCELLED = Reply(501, status.OTHER_SECURITY, "Authentication cancelled.")
AUTH_NEEDS_TLS = Reply(538, status.AUTH_WEAK_WITHOUT_TLS, "Authentication needs TLS first.")
NO_MECHANISM = Reply(504, status.BAD_ARGUMENTS, "Mechanism not offered.")
NOT_BASE64 = Reply(501, status.SYNTAX_ERROR, "Not base64.")
SMTPUTF8_NEEDED = Reply(553, status.NON_ASCII_ADDRESS, "SMTPUTF8 is required for this address.")
SENDER_SYNTAX = Reply(517, status.BAD_SENDER_SYNTAX, "Syntax error.")
RECIPIENT_SYNTAX = Reply(513, status.BAD_ADDRESS_SYNTAX, "Syntax error.")
NO_TLS_AT_ALL = Reply(440, Status(4, 7, 0), "TLS is required here, and not available.")
PEER_DENIED = Reply(511, status.RELAY_DENIED, "Mail from your address is not accepted.")
TROUBLE = Reply(451, status.OTHER_SYSTEM, "Mail system trouble. Try again later.")

TOO_BIG = Reply(552, status.MESSAGE_TOO_BIG, "Message too big.")
BARE_CONTENT = Reply(550, Status(5, 6, 11), "Bare CR or LF in the message; line ends must be CRLF.")
NUL_CONTENT = Reply(550, status.OTHER_CONTENT, "NUL in the message.")
LONG_LINE = Reply(534, status.OTHER_CONTENT, "Message header size exceeds policy limit.")

TIMED_OUT = Reply(421, status.BAD_CONNECTION, "You took too long.")
TOO_MANY_ERRORS = Reply(421, Status(4, 7, 0), "Too many errors.")
TOO_MANY_CONNECTIONS = Reply(421, Status(4, 7, 0), "Too many connections.")
TOO_MANY_MESSAGES = Reply(421, Status(4, 7, 0), "Enough for one session; come again.")
SHUTTING_DOWN = Reply(421, status.SYSTEM_NOT_ACCEPTING, "Restarting; try again shortly.")

_CODES = {
    status.ROUTING_LOOP: 546,
    status.SYSTEM_FULL: 431,
    status.DIRECTORY_FAILURE: 450,
    status.MESSAGE_TOO_BIG: 552,
    status.RELAY_DENIED: 553,
}


def of_failure(error: DeliveryError) -> Reply:
    """What the peer is told of a refusal or a breakdown."""
    code = _CODES.get(error.status, 550 if error.status.is_permanent else 451)
    return Reply(code, error.status, error.text)
