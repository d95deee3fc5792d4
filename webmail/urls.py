"""The webmail's addresses."""

from django.urls import path, register_converter
from django.views.generic import RedirectView

from webmail.views import (
    actions,
    compose,
    deleted,
    folders,
    login,
    manage,
    parts,
    preferences,
    share,
    ticket,
)


class FolderName:
    """A folder's name begins with INBOX, as Courier's do, or with the root of a shared tree.

    The store judges the rest.
    """

    regex = r"(?:INBOX|#shared\.|shared\.)[^/]*"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class Uid:
    """A message's UID or a part's number: never more digits than the index can hold."""

    regex = r"[0-9]{1,10}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(FolderName, "folder")
register_converter(Uid, "uid")

MESSAGE = "mail/<folder:name>/<uid:uid>"

urlpatterns = [
    path("", RedirectView.as_view(url="/mail/", query_string=False)),
    path("login", login.sign_in, name="login"),
    path("logout", login.sign_out, name="logout"),
    path("preferences", preferences.page, name="preferences"),
    path("mail/", folders.home, name="mail-home"),
    path("mail/compose", compose.page, name="mail-compose"),
    path("mail/undo", actions.undo, name="mail-undo"),
    path("mail/ticket", ticket.make, name="mail-ticket"),
    path("mail/folders", manage.page, name="mail-manage"),
    path("mail/folders/share", share.page, name="mail-share"),
    path("mail/deleted", deleted.page, name="mail-deleted"),
    path("mail/<folder:name>/", folders.folder, name="mail-folder"),
    path("mail/<folder:name>/act", actions.act, name="mail-act"),
    path(MESSAGE, folders.message, name="mail-message"),
    path(MESSAGE + "/original", parts.original, name="mail-original"),
    path(MESSAGE + "/source", parts.source, name="mail-source"),
    path(MESSAGE + "/thread", parts.conversation, name="mail-thread"),
    path(MESSAGE + "/trust", parts.trust, name="mail-trust"),
    path(MESSAGE + "/frame/<uid:number>", parts.frame, name="mail-frame"),
    path(MESSAGE + "/part/<uid:number>", parts.attachment, name="mail-part"),
]
