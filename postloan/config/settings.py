"""
Settings for every process of Postloan: site, worker, commands, tests.

Everything a lender may set comes from the environment, with a default that
works on a laptop. Nothing here starts a server or reads the database.
"""

import json
import os
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from postloan.config.database import database_settings, var_dir
from postloan.config.signing import secret_key

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = var_dir()

DEBUG = os.environ.get("POSTLOAN_DEBUG") == "1"
SECRET_KEY = secret_key(var_dir=VAR_DIR)
ALLOWED_HOSTS = os.environ.get("POSTLOAN_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("POSTLOAN_ORIGINS", "").split(",") if origin]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "ninja",  # its static files: the API's page loads nothing from elsewhere
    "procrastinate.contrib.django",
    "postloan.ground.audit",
    "postloan.ground.access",
    "postloan.ground.customers",
    "postloan.books.ledger",
    "postloan.books.products",
    "postloan.books.loans",
    "postloan.books.lines",
    "postloan.books.payments",
    "postloan.books.bills",
    "postloan.books.mirror",
    "postloan.books.relief",
    "postloan.books.applications",
    "postloan.care.outreach",
    "postloan.care.reminders",
    "postloan.care.debits",
    "postloan.close",
    "postloan.cli",
    "postloan.web.ui",
    "postloan.web.live",
    "postloan.web.desk",
    "postloan.web.office",
    "postloan.web.portal",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "postloan.web.ui.policy.policy_everywhere",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "postloan.api.middleware.answers_of_the_api",
]

ROOT_URLCONF = "postloan.config.urls"
ASGI_APPLICATION = "postloan.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    },
]

DATABASES = {"default": database_settings()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

# Instants are stored in UTC; calendar dates are dates in the lender's time zone.
USE_TZ = True
TIME_ZONE = os.environ.get("POSTLOAN_TIME_ZONE", "Asia/Shanghai")
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "postloan" / "web" / "ui" / "locale"]

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# `postloan run` collects the files, compressed, and says so; elsewhere they are served from where they lie.
WHITENOISE_USE_FINDERS = os.environ.get("POSTLOAN_STATIC") != "collected"

# What a form may bring along: forms are small, and a file has an address of its own that says how large it may be.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 20

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if os.environ.get("POSTLOAN_HTTPS") == "1":
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    LANGUAGE_COOKIE_SECURE = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^metrics$"]  # asked by what stands beside the site, without TLS
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = os.environ.get("POSTLOAN_HSTS_SUBDOMAINS", "1") != "0"
    SECURE_HSTS_PRELOAD = os.environ.get("POSTLOAN_HSTS_PRELOAD", "1") != "0"

# Mail: an SMTP server of the lender's, or the mailbox of the demo.
EMAIL_HOST = os.environ.get("POSTLOAN_SMTP_HOST", "127.0.0.1")
EMAIL_PORT = int(os.environ.get("POSTLOAN_SMTP_PORT", "8025"))
EMAIL_HOST_USER = os.environ.get("POSTLOAN_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("POSTLOAN_SMTP_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("POSTLOAN_SMTP_STARTTLS") == "1"
EMAIL_TIMEOUT = 20.0
EMAIL_REPLY = os.environ.get("POSTLOAN_MAIL_REPLY", "post@lender.example")
DEFAULT_FROM_EMAIL = os.environ.get("POSTLOAN_MAIL_FROM", "Postloan Demo Lender <reminders@lender.example>")

# What this lender is called in messages, and where a borrower finds the portal and a human.
LENDER_NAME = os.environ.get("POSTLOAN_LENDER_NAME", "Postloan Demo Lender")
LENDER_PHONE = os.environ.get("POSTLOAN_LENDER_PHONE", "+1 555 0100 100")
LENDER_SENDER = os.environ.get("POSTLOAN_LENDER_SENDER", "")  # a person who signs reminders; empty: the lender does
SMS_SIGNATURE = os.environ.get("POSTLOAN_SMS_SIGNATURE", "")  # such as 【…】; carriers put it in front and count it
SITE_URL = os.environ.get("POSTLOAN_SITE_URL", f"http://localhost:{os.environ.get('PORT', '8000')}")

# Tasks that belong to no app; those of apps are found in their tasks.py.
PROCRASTINATE_IMPORT_PATHS = ["postloan.config.housekeeping"]

# Where keys, positions and the mailbox live.
KEYSET_FILE = Path(os.environ.get("POSTLOAN_KEYSET", VAR_DIR / "keys" / "personal_data.json"))
POSITIONS_DIR = Path(os.environ.get("POSTLOAN_POSITIONS", VAR_DIR / "positions"))
MAILBOX_DIR = Path(os.environ.get("POSTLOAN_MAILBOX", VAR_DIR / "mailbox"))

# Which vendor carries mail. Tests put the fake's path here.
MAIL_CHANNEL = {
    "class": "postloan.outside.mail.vendors.smtp.SmtpChannel",
    "options": {
        "host": EMAIL_HOST,
        "port": EMAIL_PORT,
        "user": EMAIL_HOST_USER,
        "password": EMAIL_HOST_PASSWORD,
        "starttls": EMAIL_USE_TLS,
        "timeout_seconds": EMAIL_TIMEOUT,
    },
}

# The ways out: which routes serve a channel, the preferred one first (docs/operating/channels.md). Mail and, under
# `postloan run`, the demonstration's phones and push work by themselves; the others need what a carrier gives.
BOUNCES_DIR = Path(os.environ.get("POSTLOAN_BOUNCES", VAR_DIR / "bounces"))
PHONES_DIR = Path(os.environ.get("POSTLOAN_PHONES", VAR_DIR / "phones"))
PUSH_KEY_FILE = Path(os.environ.get("POSTLOAN_PUSH_KEY", VAR_DIR / "keys" / "push.pem"))
ROUTES: dict[str, dict[str, Any]] = {
    "smtp": {"kind": "mail", "per_second": float(os.environ.get("POSTLOAN_SMTP_PER_SECOND", "0"))},
    "smpp": {
        "kind": "sms",
        "class": "postloan.outside.sms.vendors.smpp.SmppChannel",
        "options": {
            "host": os.environ.get("POSTLOAN_SMPP_HOST", "127.0.0.1"),
            "port": int(os.environ.get("POSTLOAN_SMPP_PORT", "8027")),
            "system_id": os.environ.get("POSTLOAN_SMPP_USER", "lender"),
            "password": os.environ.get("POSTLOAN_SMPP_PASSWORD", ""),
            "source": os.environ.get("POSTLOAN_SMPP_SOURCE", ""),
        },
        "per_second": float(os.environ.get("POSTLOAN_SMPP_PER_SECOND", "0")),
    },
    "webpush": {
        "kind": "push",
        "class": "postloan.outside.push.vendors.web_push.WebPushChannel",
        "options": {
            "key_file": PUSH_KEY_FILE,
            "contact": os.environ.get("POSTLOAN_PUSH_CONTACT", f"mailto:{EMAIL_REPLY}"),
        },
    },
}
CHANNEL_ROUTES: dict[str, list[str]] = {"email": ["smtp"], "sms": ["smpp"], "push": ["webpush"], "wechat": []}
if SMS_GATEWAY := os.environ.get("POSTLOAN_SMS_GATEWAY"):  # aliyun, twilio, or a TOML file of yours
    ROUTES["gateway"] = {
        "kind": "sms",
        "class": "postloan.outside.sms.vendors.http_gateway.HttpGatewayChannel",
        "options": {
            "shape": SMS_GATEWAY,
            "url": os.environ.get("POSTLOAN_SMS_GATEWAY_URL", ""),
            "credentials": json.loads(os.environ.get("POSTLOAN_SMS_GATEWAY_CREDENTIALS", "{}")),
        },
        "per_second": float(os.environ.get("POSTLOAN_SMS_GATEWAY_PER_SECOND", "0")),
    }
    CHANNEL_ROUTES["sms"] = ["gateway", "smpp"] if "POSTLOAN_SMPP_HOST" in os.environ else ["gateway"]
WECHAT_ACCOUNT: dict[str, str] = {
    "app_id": os.environ.get("POSTLOAN_WECHAT_APP_ID", ""),
    "token": os.environ.get("POSTLOAN_WECHAT_TOKEN", ""),
    "aes_key": os.environ.get("POSTLOAN_WECHAT_AES_KEY", ""),
}
if WECHAT_ACCOUNT["app_id"]:
    ROUTES["wechat"] = {
        "kind": "wechat",
        "class": "postloan.outside.wechat.vendors.official_account.OfficialAccountChannel",
        "options": {
            "app_id": WECHAT_ACCOUNT["app_id"],
            "app_secret": os.environ.get("POSTLOAN_WECHAT_APP_SECRET", ""),
            "api": os.environ.get("POSTLOAN_WECHAT_API", "https://api.weixin.qq.com"),
        },
    }
    CHANNEL_ROUTES["wechat"] = ["wechat"]

# How reminders of a product reach people: a shipped policy, or a TOML file (docs/rules/reminders.md).
REMINDER_POLICIES: dict[str, str] = {"default": os.environ.get("POSTLOAN_REMINDER_POLICY", "house")}

# Who decides applications: the rules of their products, or a model behind the same port.
APPLICATION_DECIDER = {"class": "postloan.books.applications.deciding.RulesDecider", "options": {}}

# The bank, and who the lender is to it. By default the simulated bank of `postloan run`.
BANK_DIR = Path(os.environ.get("POSTLOAN_BANK", VAR_DIR / "bank"))
BANK: dict[str, Any] = {
    "class": "postloan.outside.bank.vendors.directory.DirectoryBank",
    "options": {"directory": BANK_DIR, "version": os.environ.get("POSTLOAN_PAIN_008", "pain.008.001.08")},
}
DEBIT_CREDITOR: dict[str, str] = {
    "code": "main",  # what receipts know the account by
    "name": LENDER_NAME,
    "account": os.environ.get("POSTLOAN_ACCOUNT", "DE02120300000000202051"),
    "bank_code": os.environ.get("POSTLOAN_ACCOUNT_BANK", ""),
    "scheme_id": os.environ.get("POSTLOAN_CREDITOR_ID", "DE98ZZZ09999999999"),
}

# How payouts leave: "bank" writes pain.001 into BANK_DIR; the fake settles at once and forgets when the process ends.
TRANSFER_CHANNEL: dict[str, Any] = {
    "class": "postloan.outside.bank.transfers_fake.FakeTransferChannel",
    "options": {},
}
if os.environ.get("POSTLOAN_PAYOUTS") == "bank":
    TRANSFER_CHANNEL = {
        "class": "postloan.outside.bank.vendors.transfer_directory.DirectoryTransferChannel",
        "options": {
            "directory": BANK_DIR,
            "account_name": DEBIT_CREDITOR["name"],
            "account_number": DEBIT_CREDITOR["account"],
            "bank_code": DEBIT_CREDITOR["bank_code"],
        },
    }

# Whose contact rules protect a customer: pack names by jurisdiction, "us-reg-f+us-ma" lays one over another
# (docs/rules/contact_rules.md); CONTACT_OVERLAYS are the lender's own stricter overlays, as files.
CONTACT_POLICY: dict[str, str] = {
    "default": os.environ.get("POSTLOAN_CONTACT_POLICY", "cn+house"),
    "cn": "cn+house",
    "us": "us-reg-f+house",
    "us-ma": "us-reg-f+us-ma+house",
    "uk": "uk+house",
    "eu": "eu+house",
}
# How many months records are kept at the least by this lender's choice; rules of a pack can only make it longer.
RETENTION_MONTHS = {
    "contact_record": int(os.environ.get("POSTLOAN_KEEP_CONTACTS_MONTHS", "60")),
    "message_text": int(os.environ.get("POSTLOAN_KEEP_TEXTS_MONTHS", "60")),
}
CONTACT_OVERLAYS = [file for file in os.environ.get("POSTLOAN_CONTACT_OVERLAYS", "").split(os.pathsep) if file]

# Who may agree to which relief alone; what lies beyond waits for a second person (kernel/relief_authority.py).
# Amounts in minor units of the loan's currency: what the customer pays less than before.
_EVERY_RELIEF = [
    "waiver", "rate_change", "due_day_change", "deferral", "extension", "reduced_instalments", "personalised_plan",
    "reageing", "reamortisation", "interest_pause", "death",
]  # fmt: skip
RELIEF_AUTHORITY: dict[str, list[dict[str, Any]]] = {
    "agent": [{"kinds": ["waiver", "due_day_change", "deferral", "death"], "most_minor": 50_00, "most_periods": 1}],
    "supervisor": [{"kinds": _EVERY_RELIEF, "most_minor": 10_000_00, "most_periods": 60}],
    "finance": [{"kinds": [*_EVERY_RELIEF, "charge_off"], "most_minor": 10**12, "most_periods": 60}],
}

# A partition of the close is one transaction, and receipts for it wait meanwhile: so many loans at most, and fewer
# where the last nights say that it would take longer than so many milliseconds.
CLOSE_LOANS_PER_PARTITION = int(os.environ.get("POSTLOAN_CLOSE_LOANS_PER_PARTITION", "4000"))
CLOSE_HELD_MS_AIM = int(os.environ.get("POSTLOAN_CLOSE_HELD_MS_AIM", "400"))
# Who does the partitions: inline, processes:N, ray or ray:ADDRESS (docs/operating/scale.md).
CLOSE_EXECUTOR = os.environ.get("POSTLOAN_CLOSE_EXECUTOR", f"processes:{min(os.cpu_count() or 1, 8)}")
# Whether anybody is to be alarmed when a close is late: not in a demonstration, whose calendar stands in 2018.
CLOSE_WATCHED = os.environ.get("POSTLOAN_CLOSE_WATCHED", "1") != "0"
# The hours, in the lender's time zone on the day after, by which the close of a day is to be begun and finished.
CLOSE_STARTED_BY_HOUR = int(os.environ.get("POSTLOAN_CLOSE_STARTED_BY_HOUR", "1"))
CLOSE_FINISHED_BY_HOUR = int(os.environ.get("POSTLOAN_CLOSE_FINISHED_BY_HOUR", "6"))
# What the queue does every day and when (lender's time zone; several hours with commas; empty: never). A close before
# noon is that of the day before. POSTLOAN_SCHEDULE=off switches all of it off, as a demonstration does.
SCHEDULE = {
    "close": os.environ.get("POSTLOAN_CLOSE_AT", "23:55"),
    "debits": os.environ.get("POSTLOAN_DEBITS_AT", "07:00"),
    "bank": os.environ.get("POSTLOAN_BANK_POST_AT", "08:00,12:00,16:00,20:00"),
    "reminders": os.environ.get("POSTLOAN_REMINDERS_AT", "08:00"),
}
if os.environ.get("POSTLOAN_SCHEDULE", "on") == "off":
    SCHEDULE = dict.fromkeys(SCHEDULE, "")
# Whether /metrics answers (Prometheus form, no personal data).
METRICS = os.environ.get("POSTLOAN_METRICS", "1") != "0"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("POSTLOAN_LOG_LEVEL", "WARNING")},
}
