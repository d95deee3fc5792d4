"""The administration's addresses."""

from django.urls import path

from adminpanel.views import (
    accounts,
    aliases,
    dns,
    domains,
    home,
    listeners,
    queue,
    settings,
    suppression,
)

urlpatterns = [
    path("", home.page, name="admin-home"),
    path("domains", domains.listing, name="admin-domains"),
    path("domains/<str:name>", domains.one, name="admin-domain"),
    path("domains/<str:name>/switch", domains.switch, name="admin-domain-switch"),
    path("domains/<str:name>/remove", domains.remove, name="admin-domain-remove"),
    path("domains/<str:name>/dns", dns.records, name="admin-domain-dns"),
    path("domains/<str:name>/keys", dns.change_keys, name="admin-domain-keys"),
    path("domains/<str:name>/sts", dns.change_policy, name="admin-domain-sts"),
    path("people", accounts.listing, name="admin-accounts"),
    path("people/add", accounts.add, name="admin-account-add"),
    path("people/<str:address>", accounts.one, name="admin-account"),
    path("people/<str:address>/switch", accounts.switch, name="admin-account-switch"),
    path("people/<str:address>/remove", accounts.remove, name="admin-account-remove"),
    path("aliases", aliases.listing, name="admin-aliases"),
    path("aliases/add", aliases.edit, name="admin-alias-add"),
    path("aliases/<str:address>", aliases.edit, name="admin-alias"),
    path("aliases/<str:address>/remove", aliases.remove, name="admin-alias-remove"),
    path("queue", queue.listing, name="admin-queue"),
    path("queue/act", queue.act, name="admin-queue-act"),
    path("queue/<str:id>", queue.message, name="admin-message"),
    path("trace", queue.find, name="admin-trace"),
    path("suppressed", suppression.listing, name="admin-suppressed"),
    path("suppressed/<str:address>/remove", suppression.remove, name="admin-suppressed-remove"),
    path("listeners", listeners.page, name="admin-listeners"),
    path("listeners/<str:name>/remove", listeners.remove, name="admin-listener-remove"),
    path("settings/<str:name>", settings.section, name="admin-settings"),
    path("history", settings.history, name="admin-history"),
    path("history/<int:number>/undo", settings.undo, name="admin-undo"),
]
