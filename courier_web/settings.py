"""Deployment facts from the environment: database, Valkey, secret, paths, ports.

What a mail administrator edits is not here but in `mailcore.conf`.
"""

import os
import secrets
import socket
from pathlib import Path

from courier_web.databases import databases

BASE_DIR = Path(__file__).resolve().parent.parent

COURIER_HOME = Path(os.environ.get("COURIER_HOME") or BASE_DIR / "var").resolve()
COURIER_BIND = os.environ.get("COURIER_BIND", "127.0.0.1")
COURIER_NODE = os.environ.get("COURIER_NODE", "main")
COURIER_REDIS_URL = os.environ.get("COURIER_REDIS_URL") or f"unix://{COURIER_HOME}/run/valkey.sock"
COURIER_EMBEDDED_VALKEY = "COURIER_REDIS_URL" not in os.environ
COURIER_LOG_FORMAT = os.environ.get("COURIER_LOG_FORMAT", "text")
COURIER_LOG_LEVEL = os.environ.get("COURIER_LOG_LEVEL", "INFO")

COURIER_DEFAULT_PORTS = {
    "smtp": 2525,
    "submission": 2587,
    "submissions": 2465,
    "lmtp": 2424,
    "imap": 2143,
    "imaps": 2993,
    "pop3": 2110,
    "pop3s": 2995,
    "imap_proxy": 2144,
    "imaps_proxy": 2994,
    "pop3_proxy": 2111,
    "pop3s_proxy": 2996,
    "http": 8080,
    "events": 8081,
}
COURIER_PORTS = {
    name: int(os.environ.get(f"COURIER_PORT_{name.upper()}", port))
    for name, port in COURIER_DEFAULT_PORTS.items()
}
COURIER_HOSTNAME = os.environ.get("COURIER_HOSTNAME") or socket.gethostname()


def _secret() -> str:
    """The signing key: from the environment, or made once and kept for the owner alone."""
    given = os.environ.get("COURIER_SECRET")
    if given:
        return given
    file = COURIER_HOME / "secret"
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        pass
    except OSError:
        return secrets.token_urlsafe(48)
    made = secrets.token_urlsafe(48)
    try:
        COURIER_HOME.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(made)
    except FileExistsError:
        return file.read_text().strip()
    except OSError:
        return made
    return made


SECRET_KEY = _secret()
DEBUG = os.environ.get("COURIER_DEBUG") == "1"
ALLOWED_HOSTS = [host for host in os.environ.get("COURIER_HTTP_HOSTS", "").split(",") if host] or [
    "localhost",
    "127.0.0.1",
    "[::1]",
    COURIER_HOSTNAME,
]

DATABASES = databases(
    COURIER_HOME,
    os.environ.get("COURIER_DATABASE_URL", ""),
    os.environ.get("COURIER_QUEUE_DATABASE_URL", ""),
)
DATABASE_ROUTERS = ["courier_web.routers.QueueRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "mailcore.apps.MailcoreConfig",
    "mailcore.conf.apps.ConfConfig",
    "mailcore.accounts.apps.AccountsConfig",
    "mailcore.queue.apps.QueueConfig",
    "mailcore.tlspolicy.apps.TlspolicyConfig",
    "mailcore.mailauth.apps.MailauthConfig",
    "mailcore.policy.apps.PolicyConfig",
    "webmail.apps.WebmailConfig",
    "calendar_app.apps.CalendarConfig",
    "adminpanel.apps.AdminpanelConfig",
    "workers.apps.WorkersConfig",
]

MIDDLEWARE = [
    "courier_web.wellknown.PolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "courier_web.security.ReaderZoneMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "courier_web.security.SecurityHeadersMiddleware",
]

ROOT_URLCONF = "courier_web.urls"
WSGI_APPLICATION = "courier_web.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "courier_web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["courier_web.tags"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "courier_web.context.shell",
            ],
        },
    },
]

AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["mailcore.auth.django_backend.MailBackend"]
PASSWORD_HASHERS = ["mailcore.accounts.passwords.MailArgon2Hasher"]
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login"

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
COURIER_HTTPS = os.environ.get("COURIER_HTTPS") == "1"
SESSION_COOKIE_NAME = "__Host-courier" if COURIER_HTTPS else "courier"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = COURIER_HTTPS
CSRF_COOKIE_HTTPONLY = False
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = COURIER_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "courier_web" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "courier_web.statics.HashedStaticFiles"},
}
WHITENOISE_USE_FINDERS = True
LOGGING_CONFIG = None
