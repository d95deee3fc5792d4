"""The administrator's forms; those of the settings are drawn from their schema."""

import re
from typing import Any

from django import forms

from mailcore.conf import values as grammar
from mailcore.conf.fields import Setting
from mailcore.errors import ConfigError

_WORDS = (
    "ARC CRAM DANE DKIM DMARC DNS DSN EHLO ESMTP HELO HTTP ID IMAP IPv4 IPv6 LDAP MIME MTA MX POP3"
    " SASL SMTP SOCKS SPF SRS STARTTLS STS TLS URL UTF8 VERP"
)
_ABBREVIATIONS = {word.lower(): word for word in _WORDS.split()}


class DomainForm(forms.Form):
    """A new domain."""

    name = forms.CharField(
        max_length=255,
        label="Domain",
        help_text="Such as example.com. Mail for it is accepted from now on.",
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )


class SizeField(forms.Field):
    """Octets, written 500M or 10G; empty or 0 is no limit."""

    def to_python(self, value: Any) -> int:
        text = str(value or "0").strip()
        try:
            return grammar.size(text)
        except ValueError:
            raise forms.ValidationError("Write a size such as 500M or 10G.") from None

    def prepare_value(self, value: Any) -> Any:
        return grammar.show_size(value) if isinstance(value, int) else value


class AccountForm(forms.Form):
    """An account's own data; the address and password are asked for a new one only."""

    display_name = forms.CharField(max_length=200, required=False, label="Name")
    quota_bytes = SizeField(
        required=False, label="Storage limit", help_text="Such as 5G. 0 means no limit."
    )
    quota_messages = forms.IntegerField(
        required=False, min_value=0, label="Message limit", help_text="0 means no limit."
    )
    superuser = forms.BooleanField(
        required=False,
        label="Administers this server",
        help_text="Sees everything on these pages and may change it.",
    )

    def clean_quota_messages(self) -> int:
        return self.cleaned_data["quota_messages"] or 0

    def clean_display_name(self) -> str:
        name: str = self.cleaned_data["display_name"]
        if re.search(r"[\x00-\x1f\x7f]", name):
            raise forms.ValidationError("Control characters are not allowed.")
        return name


class NewAccountForm(AccountForm):
    """The same with address and password."""

    address = forms.CharField(
        max_length=320,
        label="Address",
        help_text="It is the login name too.",
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}
        ),
    )
    password = forms.CharField(
        max_length=1000,
        strip=False,
        help_text="Eight characters at least.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    field_order = ["address", "display_name", "password", "quota_bytes", "quota_messages"]


class PasswordForm(forms.Form):
    """A new password, set by the administrator."""

    password = forms.CharField(
        max_length=1000,
        strip=False,
        label="New password",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class InstructionsForm(forms.Form):
    """A file of delivery instructions."""

    extension = forms.CharField(
        max_length=200,
        required=False,
        help_text="What follows the name in the address, such as shop in joe+shop; empty for all"
        " mail without one, default for every extension.",
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    text = forms.CharField(
        max_length=65_536,
        required=False,
        strip=False,
        label="Instructions",
        help_text="One a line: ./Maildir/.Folder, an address to send it on to, |command. Empty is"
        " the mailbox.",
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "class": "mono"}),
    )


class ListenerForm(forms.Form):
    """A listener with addresses of its own."""

    name = forms.CharField(
        max_length=63,
        help_text="Such as vanity: what its settings are kept under.",
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(
        choices=[
            ("smtp", "smtp: mail from other servers"),
            ("submission", "submission: users, STARTTLS"),
            ("submissions", "submissions: users, TLS at once"),
            ("lmtp", "lmtp: mail systems"),
        ]
    )
    places = forms.CharField(
        max_length=500,
        label="Addresses",
        help_text="192.0.2.7 takes what comes to it on the kind's own port;"
        " 192.0.2.7:2525 or [2001:db8::7]:25 is bound. Several with commas.",
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    certificate = forms.CharField(
        max_length=63,
        required=False,
        help_text="NAME of tls/NAME.crt and tls/NAME.key; empty: the server's.",
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )

    def line(self) -> str:
        """As `access.listeners` writes it."""
        said = self.cleaned_data
        places = re.sub(r"\s+", "", said["places"])
        return f"{said['name']} {said['kind']} {places} {said['certificate']}".strip()


class AliasForm(forms.Form):
    """An alias and where its mail goes."""

    address = forms.CharField(
        max_length=320,
        label="Address",
        help_text="sales@example.com, or @example.com for all mail that nobody else takes.",
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    targets = forms.CharField(
        label="Goes to",
        help_text="One address on each line, ours or elsewhere.",
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    def clean_targets(self) -> list[str]:
        return [one for one in re.split(r"[\s,]+", self.cleaned_data["targets"]) if one]


class SettingField(forms.CharField):
    """One setting as text in the grammar that the command line and the file share."""

    def __init__(self, setting: Setting, **kwargs: Any) -> None:
        self.setting = setting
        super().__init__(required=False, strip=True, **kwargs)

    def clean(self, value: Any) -> Any:
        if self.setting.type is bool:
            value = "yes" if value else "no"
        try:
            return grammar.parse(self.setting, str(value or ""))
        except ConfigError as error:
            raise forms.ValidationError(str(error).partition(": ")[2] or str(error)) from None

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str):
            return value
        return value if self.setting.type is bool else grammar.show(self.setting, value)


def form_for(section: dict[str, Setting], **kwargs: Any) -> forms.Form:
    """A form with a field for each setting of a section."""
    form = forms.Form(**kwargs)
    for name, setting in section.items():
        form.fields[name] = SettingField(
            setting,
            widget=_widget(setting),
            label=_label(name),
            help_text=setting.help,
        )
    return form


def _label(name: str) -> str:
    """`spf_mail_from` as people write it."""
    words = [_ABBREVIATIONS.get(word, word) for word in name.split("_")]
    return words[0][:1].upper() + " ".join(words)[1:]


def _widget(setting: Setting) -> forms.Widget:
    if setting.type is bool:
        return forms.CheckboxInput()
    if setting.choices and setting.type is str:
        return forms.Select(choices=[(one, one or "(none)") for one in setting.choices])
    if setting.kind == "text" or setting.is_lines:
        return forms.Textarea(attrs={"rows": 4})
    if setting.kind == "password":
        return forms.PasswordInput(attrs={"autocomplete": "off"})
    return forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})


class StsForm(forms.Form):
    """A domain's MTA-STS policy."""

    mode = forms.ChoiceField(
        label="Mode",
        choices=(
            ("off", "Off: no policy is served"),
            ("testing", "Testing: others only report"),
            ("enforce", "Enforce: encrypted or not at all"),
            ("none", "None: withdraw an earlier policy"),
        ),
    )
    mx = forms.CharField(
        required=False,
        max_length=4000,
        label="Mail exchangers",
        help_text="One on each line, such as mx.example.com or *.example.com. Empty: this server.",
        widget=forms.Textarea(attrs={"rows": 2, "autocapitalize": "none", "spellcheck": "false"}),
    )
    max_age = forms.TypedChoiceField(
        label="Others may keep it for",
        coerce=int,
        choices=((86_400, "a day"), (604_800, "a week"), (2_592_000, "30 days"),
                 (15_552_000, "180 days"), (31_557_600, "a year")),
    )  # fmt: skip
