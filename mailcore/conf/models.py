"""Rows of the settings: values by scope, the history of changes, the revision."""

from django.db import models


class Setting(models.Model):
    """One value that differs from its default.

    `scope` is "" for the whole server, else `listener:NAME`, `domain:NAME` or
    `account:ADDRESS`; the narrowest wins.
    """

    scope = models.CharField(max_length=320, blank=True, default="")
    section = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    value = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "section", "name"], name="one_value"),
        ]


class ChangeSet(models.Model):
    """One save: who, when, and for each setting what it was and what it became.

    `diff` is a list of {scope, section, name, old, new}; null stands for the default.
    Changes to domains, accounts and aliases are listed too, with `undoable` false.
    """

    at = models.DateTimeField(auto_now_add=True)
    by = models.CharField(max_length=320)
    summary = models.CharField(max_length=200)
    diff = models.JSONField(default=list)
    undoable = models.BooleanField(default=True)
    undone_by = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL)

    class Meta:
        ordering = ["-id"]


class Revision(models.Model):
    """A single row whose number grows with every change of settings or directory."""

    number = models.BigIntegerField(default=0)
