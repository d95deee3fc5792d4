"""Who has mail here: domains, accounts, aliases."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Domain(models.Model):
    """A domain we take mail for; Courier's hosteddomains."""

    name = models.CharField(max_length=255, unique=True, help_text="Lower case, Unicode.")
    active = models.BooleanField(default=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AccountManager(BaseUserManager["Account"]):
    """What Django asks of a user model's manager; accounts are made in `administration`."""

    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(address=(username or "").lower())


class Account(AbstractBaseUser):
    """One mailbox and one login for mail, web and calendar.

    `password` is Django's form for our own hashes, or an imported one in its own
    form ({CRYPT}, {SSHA}, $2b$, …).  An address never changes its maildir.
    """

    address = models.CharField(max_length=320, unique=True)
    domain = models.ForeignKey(Domain, on_delete=models.PROTECT, related_name="accounts")
    display_name = models.CharField(max_length=200, blank=True)
    password = models.CharField(max_length=500)
    scram_sha256 = models.CharField(max_length=300, blank=True)
    scram_sha1 = models.CharField(max_length=300, blank=True, default="")
    sealed_password = models.TextField(blank=True, default="", help_text="for CRAM-MD5")
    quota_bytes = models.BigIntegerField(default=0, help_text="0 means no limit.")
    quota_messages = models.IntegerField(default=0, help_text="0 means no limit.")
    maildir = models.CharField(max_length=500, help_text="Relative to the mail directory.")
    active = models.BooleanField(default=True)
    is_superuser = models.BooleanField(default=False, help_text="Administers this server.")
    options = models.JSONField(default=dict, blank=True)
    node = models.CharField(max_length=100, blank=True, help_text="Home node; empty: any.")
    created = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "address"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = AccountManager()

    class Meta:
        ordering = ["address"]

    def __str__(self) -> str:
        return self.address

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # Django's word for our column
        return self.active

    @property
    def is_staff(self) -> bool:
        return self.is_superuser

    def get_full_name(self) -> str:
        return self.display_name or self.address


class Alias(models.Model):
    """Mail for `address` goes to `targets`; `@domain` catches what nothing else does."""

    address = models.CharField(max_length=320, unique=True)
    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="aliases")
    targets = models.JSONField(default=list)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["address"]

    def __str__(self) -> str:
        return self.address
