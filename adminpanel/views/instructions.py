"""An account's delivery instructions: which files there are, and each of them to edit."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from adminpanel.forms import InstructionsForm
from adminpanel.permissions import administrator
from mailcore.accounts import directory
from mailcore.accounts.directory import AccountValue
from mailcore.errors import ConfigError, TemporaryFailure
from mailcore.transports.local import editing
from mailcore.transports.local.checking import Remark


@administrator
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, address: str) -> HttpResponse:
    """The file of one extension; `extension` in the address, empty for the account's own."""
    account = directory.account(address)
    if account is None:
        raise Http404("no such account")
    extension = request.GET.get("extension", "")
    text, remarks, problem = _present(account, extension)
    form = InstructionsForm(request.POST or None, initial={"extension": extension, "text": text})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            _change(account, given, "remove" in request.POST, request.user.get_username())
        except ConfigError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"The instructions of {address} are changed.")
            query = "" if "remove" in request.POST else urlencode({"extension": given["extension"]})
            return redirect(f"{reverse('admin-instructions', args=[address])}?{query}")
    files = editing.files(account)
    return render(
        request,
        "adminpanel/instructions.html",
        {
            "address": address,
            "extension": extension,
            "files": files,
            "is_there": extension in files,
            "form": form,
            "remarks": remarks,
            "problem": problem,
        },
    )


def _present(account: AccountValue, extension: str) -> tuple[str, list[Remark], str]:
    """The text of the file, what it does, and why it can't be used."""
    try:
        found = editing.speaking(account, extension)
        if found is None or found.name != editing.name(account, extension):
            return "", [], ""
    except (ConfigError, TemporaryFailure) as error:
        return "", [], str(error)
    text = found.text.decode("utf-8", "replace")
    try:
        return text, editing.check(account, found.text, found.name) if text else [], ""
    except ConfigError as error:
        return text, [], str(error)


def _change(account: AccountValue, given: dict[str, str], removes: bool, by: str) -> None:
    if removes:
        editing.remove(account, given["extension"], by=by)
        return
    text = given["text"].replace("\r\n", "\n")
    if text and not text.endswith("\n"):
        text += "\n"
    editing.save(account, given["extension"], text.encode(), by=by)
