"""Settings, driven by environment variables.

With none set the portal runs on SQLite, a file broker and the local cache: enough for a newcomer,
for tests and for a demonstration. `DATABASE_URL` and `REDIS_URL` switch to what a county runs.
Every variable is listed in `.env.example`.
"""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(str(BASE_DIR / ".env"))

VAR_DIR = Path(env.str("VAR_DIR", default="") or BASE_DIR / "var").resolve()
try:
    for folder in ("media", "private", "static", "broker/queue"):
        (VAR_DIR / folder).mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(
        f"数据目录 {VAR_DIR} 无法写入（{error.strerror}）。请检查磁盘空间和目录权限，或用环境变量 VAR_DIR 换一个目录。"
    ) from error

# --- Safety -------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=True)
DEFAULT_SECRET_KEY = "insecure-development-key-never-use-it-where-real-people-are-served"  # noqa: S105  (refused in production)
SECRET_KEY = env.str("SECRET_KEY", default=DEFAULT_SECRET_KEY)
SHORTEST_KEY = 32  # characters
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
CSRF_FAILURE_VIEW = "tuoxian_portal.core.views.csrf_failure"
# Personal numbers are encrypted with this key; losing it loses them. Independent of SECRET_KEY so
# that sessions can be invalidated without touching data.
FIELD_ENCRYPTION_KEY = env.str("FIELD_ENCRYPTION_KEY", default="")
# Former keys, the newest first, while `manage.py rotate_key` has not yet sealed everything anew.
FIELD_ENCRYPTION_KEYS_OLD = env.str("FIELD_ENCRYPTION_KEYS_OLD", default="").split()
if not DEBUG:
    if SECRET_KEY in {"", DEFAULT_SECRET_KEY}:
        raise ImproperlyConfigured(
            "DEBUG=False 时不能使用默认密钥。请设置环境变量 SECRET_KEY，例如："
            "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    if not FIELD_ENCRYPTION_KEY:
        raise ImproperlyConfigured(
            "DEBUG=False 时必须设置 FIELD_ENCRYPTION_KEY（个人信息加密密钥，请妥善备份）。"
        )
    for name, key in {"SECRET_KEY": SECRET_KEY, "FIELD_ENCRYPTION_KEY": FIELD_ENCRYPTION_KEY}.items():
        if len(key) < SHORTEST_KEY:  # what a person thinks up is guessed in a day
            raise ImproperlyConfigured(
                f"{name} 太短（{len(key)} 个字符，至少 {SHORTEST_KEY} 个）。请用随机的密钥，例如："
                "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
            )
    if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS:
        raise ImproperlyConfigured(
            "DEBUG=False 时必须在 ALLOWED_HOSTS 中写明域名（不能写 *），例如 portal.example.gov.cn"
        )
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.bool("HTTPS", default=True)
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=env.bool("HTTPS", default=True))
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
    SECURE_REDIRECT_EXEMPT = [r"^healthz/$"]  # probes ask from inside, without TLS
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
# HTTPS for every name below ours, and for good in browsers' lists, is for the domain's owner to promise.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# How many servers of our own stand in front and append to X-Forwarded-For; see ClientAddressMiddleware.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0 if DEBUG else 1)
_POLICY = (
    "default-src 'self'; script-src 'self'{script}; style-src 'self'{style}; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
CONTENT_SECURITY_POLICIES = {
    # Bars have their length in a style attribute; nothing else is inline.
    "/": _POLICY.format(script="", style=""),
    # Alpine, which unfold is made of, evaluates the expressions in its attributes.
    "/admin/": _POLICY.format(script=" 'unsafe-eval'", style=" 'unsafe-inline'"),
    # Swagger's page has its own small style sheet.
    "/api/": _POLICY.format(script="", style=" 'unsafe-inline'"),
}
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
SESSION_COOKIE_AGE = int(timedelta(hours=10).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_ENGINE = "tuoxian_portal.accounts.sessions"

# --- Applications -------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "django_celery_beat",
    "django_celery_results",
    "tuoxian_portal.core",
    "tuoxian_portal.audit",
    "tuoxian_portal.directory",
    "tuoxian_portal.accounts",
    "projects",
    "services",
    "finance",
    "policies",
    "tuoxian_portal.search",
    "tuoxian_portal.reports",
    "tuoxian_portal.subscriptions",
    "tuoxian_portal.opendata",
    "tuoxian_portal.feedback",
    "tuoxian_portal.dashboard",
]
MIDDLEWARE = [
    "tuoxian_portal.core.middleware.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tuoxian_portal.core.middleware.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "tuoxian_portal.audit.middleware.AuditContextMiddleware",
    "axes.middleware.AxesMiddleware",
]
if DEBUG:
    MIDDLEWARE.append("tuoxian_portal.core.middleware.OwnNotFoundMiddleware")
ROOT_URLCONF = "tuoxian_portal.urls"
WSGI_APPLICATION = "tuoxian_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tuoxian_portal.core.context.site",
            ],
            "builtins": ["tuoxian_portal.core.templatetags.portal"],
        },
    }
]
FORM_RENDERER = "tuoxian_portal.core.forms.PortalFormRenderer"

# --- Data ---------------------------------------------------------------------------------------
DATABASES = {
    "default": env.db_url_config(
        env.str("DATABASE_URL", default="") or f"sqlite:///{VAR_DIR / 'portal.sqlite3'}"
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE takes the write lock when a transaction starts, so that two writers queue instead of
    # failing half-way; WAL lets readers go on meanwhile.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-20000;",
    }
    # Opening the file and reading its schema anew cost more than all the queries of a request.
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=600)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "tuoxian_portal.core.cache.ForgivingRedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Background work ----------------------------------------------------------------------------
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_RESULT_BACKEND = "django-db"
CELERY_TASK_IGNORE_RESULT = True  # the job row is the truth, see core/jobs.py
CELERY_TASK_TRACK_STARTED = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 30 * 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    # Longer than the longest task, or Redis hands the same task out twice; the throttle makes a
    # killed worker's tasks come back at once instead of minutes later.
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "visibility_timeout": 2 * 60 * 60,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 2,
        "socket_timeout": 30,
        # A page that queues work tries twice at once, not for six seconds.
        "max_retries": 1,
        "interval_start": 0,
    }
else:
    CELERY_BROKER_URL = "filesystem://localhost//"  # the name is not used; without one kombu complains
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(VAR_DIR / "broker" / "queue"),
        "data_folder_out": str(VAR_DIR / "broker" / "queue"),
        "control_folder": str(VAR_DIR / "broker" / "control"),
        "polling_interval": 0.1,
    }
CELERY_TASK_PUBLISH_RETRY = False  # a page never waits for a broker that is down; the sweeper re-queues
CELERY_BEAT_SCHEDULE = {
    "requeue-lost-jobs": {
        "task": "tuoxian_portal.core.tasks.requeue_lost_jobs",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},  # while no worker runs, sweeps do not pile up
    },
    "nightly-sweep": {
        "task": "tuoxian_portal.core.tasks.sweep",
        "schedule": crontab(minute="10", hour="3"),
    },
    "monthly-project-report": {
        "task": "tuoxian_portal.reports.tasks.produce_due_reports",
        "schedule": crontab(minute="15", hour="7"),
    },
    "project-confidence-history": {
        "task": "projects.tasks.keep_confidence",
        "schedule": crontab(minute="20", hour="0"),
    },
    "lead-reminders": {
        "task": "projects.tasks.remind_leads",
        "schedule": crontab(minute="40", hour="6"),
    },
    "cockpit-figures": {
        "task": "tuoxian_portal.dashboard.tasks.refresh_figures",
        "schedule": crontab(minute="10"),
    },
    "policy-figures": {
        "task": "tuoxian_portal.dashboard.tasks.refresh_policies",
        "schedule": crontab(minute="20", hour="1"),
    },
    "search-changes": {
        "task": "tuoxian_portal.search.tasks.queue_changes",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "search-rebuild": {
        "task": "tuoxian_portal.search.tasks.rebuild_index",
        "schedule": crontab(minute="30", hour="2"),
    },
    "search-misses": {
        "task": "tuoxian_portal.search.tasks.sweep_misses",
        "schedule": crontab(minute="50", hour="2"),
    },
    "subscriptions-digests": {
        "task": "tuoxian_portal.subscriptions.tasks.compose_digests",
        "schedule": crontab(minute="32"),
    },
    "subscriptions-sending": {
        "task": "tuoxian_portal.subscriptions.tasks.send_waiting",
        "schedule": timedelta(minutes=5),
        "options": {"expires": 300},
    },
    "subscriptions-sweep": {
        "task": "tuoxian_portal.subscriptions.tasks.sweep_subscriptions",
        "schedule": crontab(minute="40", hour="2"),
    },
    "policies-notices": {
        "task": "policies.tasks.send_waiting",
        "schedule": timedelta(minutes=5),
        "options": {"expires": 300},
    },
    "open-data": {
        "task": "tuoxian_portal.opendata.tasks.check_datasets",
        "schedule": crontab(minute="52"),
    },
    "feedback-contacts": {
        "task": "tuoxian_portal.feedback.tasks.erase_old_contacts",
        "schedule": crontab(minute="35", hour="2"),
    },
    "services-clock": {
        "task": "services.tasks.run_clock",
        "schedule": crontab(minute="5", hour="0"),
    },
    "services-attachments": {
        "task": "services.tasks.sweep_attachments",
        "schedule": crontab(minute="40", hour="1"),
    },
}

# --- People -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "tuoxian_portal.accounts.backends.PortalBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=30)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HANDLER = "tuoxian_portal.accounts.lockout.PortalLockout"
# From one address so many different names may fail, within the time above, before a name that has not
# signed in from there is refused; 0 for any number.
LOGIN_NAMES_PER_ADDRESS = env.int("LOGIN_NAMES_PER_ADDRESS", default=10)
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "tuoxian_portal.accounts.views.locked_out"
LOGIN_URL = "login"
LOGOUT_REDIRECT_URL = "/"

# --- Language and place -------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文")]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "locale"]

# --- Files --------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.str("STATIC_ROOT", default="") or str(VAR_DIR / "static")
MEDIA_URL = "media/"
MEDIA_ROOT = env.str("MEDIA_ROOT", default="") or str(VAR_DIR / "media")
PRIVATE_ROOT = env.str("PRIVATE_ROOT", default="") or str(VAR_DIR / "private")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Never under a URL: attachments and reports are served by views that check who asks.
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PRIVATE_ROOT, "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 25 * 1024 * 1024
# What may be uploaded; types and the rest of the rules are in core/uploads.py.
UPLOAD_MAX_MB = env.int("UPLOAD_MAX_MB", default=20)
UPLOAD_MAX_PIXELS = env.int("UPLOAD_MAX_PIXELS", default=65_000_000)
FILE_UPLOAD_HANDLERS = [
    "tuoxian_portal.core.uploads.CappedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- API ----------------------------------------------------------------------------------------
# Requests a minute from one address that has not signed in, those answered from the cache not counted; 0
# for any number.
API_ANONYMOUS_PER_MINUTE = env.int("API_ANONYMOUS_PER_MINUTE", default=120)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["tuoxian_portal.core.api.permissions.ActionPermission"],
    "DEFAULT_FILTER_BACKENDS": [
        "tuoxian_portal.core.api.filters.StrictFilterBackend",
        "rest_framework.filters.OrderingFilter",
    ],
    "DEFAULT_PAGINATION_CLASS": "tuoxian_portal.core.api.pagination.PortalPagination",
    "PAGE_SIZE": 20,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "tuoxian_portal.core.api.errors.exception_handler",
    "DEFAULT_PARSER_CLASSES": ["tuoxian_portal.core.api.parsers.PortalJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["tuoxian_portal.core.api.renderers.PortalJSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["tuoxian_portal.core.api.throttling.AnonymousThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "enquiry": "10/hour",
        "assist": "10/hour",
        "subscribe": "10/hour",
        "download": "120/hour",
        "feedback": "10/hour",
        "feedback-answer": "20/min",
    },
    "NUM_PROXIES": 0,  # REMOTE_ADDR is right already; X-Forwarded-For is not believed a second time
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "托县门户 API",
    "DESCRIPTION": "托克托县招商引资与政务服务门户的开放接口。读取公开数据不需要登录；办件动作需要工作人员账号。",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    # Several models have a field named `state`; their lists of values keep readable names.
    "ENUM_NAME_OVERRIDES": {
        "FeedbackStateEnum": "tuoxian_portal.feedback.choices.FeedbackState",
        "FeedbackKindEnum": "tuoxian_portal.feedback.choices.FeedbackKind",
        "AssistanceModeEnum": "services.choices_entrustments.AssistanceMode",
        "ApplyModeEnum": "policies.choices.ApplyMode",
        "MatchVerdictEnum": "policies.choices.Verdict",
        "ClaimOriginEnum": "policies.choices_claims.ClaimOrigin",
        "ClaimStateEnum": "policies.choices_claims.ClaimState",
        "NoticeMethodEnum": "policies.choices_claims.NoticeMethod",
        "RefusalCodeEnum": "policies.choices_claims.RefusalCode",
        "CataloguePublicationEnum": "services.choices.PublicationState",
        "HolderKindEnum": "services.choices_custody.HolderKind",
        "DayUnitEnum": "services.choices.DayUnit",
        "FactScopeEnum": "services.choices.FactScope",
        "ApprovalStageEnum": "services.choices.ProjectStage",
        "KeyProjectStageEnum": "projects.choices.Stage",
        "CaseStateEnum": "services.choices_cases.CaseState",
        "BundleStateEnum": "services.choices_bundles.BundleState",
        "CaseOutcomeEnum": "services.choices_cases.CaseOutcome",
        "CaseMaterialStateEnum": "services.choices_cases.MaterialState",
        "ClockKindEnum": "services.choices_cases.ClockKind",
        "PaperKindEnum": "services.choices_cases.PaperKind",
        "RatingGradeEnum": "services.choices_ratings.RatingGrade",
        "RatingChannelEnum": "services.choices_ratings.RatingChannel",
        "RatingStandingEnum": "services.choices_ratings.RatingStanding",
        "RatingDoubtEnum": "services.choices_ratings.Doubt",
        "RemediationStateEnum": "services.choices_ratings.RemediationState",
        "CallBackVerdictEnum": "services.choices_ratings.CallBackVerdict",
        "DeliveryMethodEnum": "services.choices_cases.DeliveryMethod",
        "ReachModeEnum": "services.choices.ReachMode",
        "ApplicantKindEnum": "services.choices_cases.ApplicantKind",
        "EntrustmentStateEnum": "services.choices_entrustments.EntrustmentState",
        "EntrustmentChannelEnum": "services.choices_entrustments.EntrustmentChannel",
        "FollowUpGradeEnum": "services.choices_entrustments.FollowUpGrade",
        "EntrustmentPowerEnum": "services.choices_entrustments.Power",
        "HandedPaperFormEnum": "services.choices_entrustments.PaperForm",
        "HandedPaperOriginEnum": "services.choices_entrustments.PaperOrigin",
        "DemandStateEnum": "finance.choices.DemandState",
        "EventLevelEnum": "finance.choices.Level",
        "IntentStateEnum": "finance.choices.IntentState",
        "NoticeStateEnum": "projects.choices_notice.NoticeState",
        "VerdictEnum": "projects.choices_commitment.Verdict",
        "JudgedVerdictEnum": "projects.choices_commitment.JUDGED",
        "CommitmentKindEnum": "projects.choices_commitment.CommitmentKind",
        "ProjectNatureEnum": "projects.choices.Nature",
        "ConfidenceLevelEnum": "projects.choices.ConfidenceLevel",
        "LeadStateEnum": "projects.choices.LeadState",
        "ReportStateEnum": "projects.choices.ReportState",
        "PolicyLevelEnum": "policies.choices.Level",
        "PolicyNatureEnum": "policies.choices.Nature",
        "PolicyPublicationEnum": "policies.choices.Publication",
    },
}

# --- Admin --------------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "托县门户 工作台",
    "SITE_HEADER": "托县门户",
    "SITE_SUBHEADER": "托克托县政务与招商工作台",
    "SITE_URL": "/",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": True,
    "DASHBOARD_CALLBACK": "tuoxian_portal.dashboard.sidebar.index",
    # A double click saves once, here as on the public pages.
    "SCRIPTS": [lambda request: static("js/portal.js"), lambda request: static("js/workbench.js")],
    "STYLES": [lambda request: static("css/admin.css")],
    "COLORS": {
        "primary": {
            "50": "#eef6f6",
            "100": "#d5e9e9",
            "200": "#aed3d4",
            "300": "#7db7b9",
            "400": "#4b9699",
            "500": "#2a7a7e",
            "600": "#0f6266",
            "700": "#0c4f53",
            "800": "#0b4043",
            "900": "#083134",
            "950": "#041e20",
        }
    },
    "SIDEBAR": {"show_search": True, "navigation": "tuoxian_portal.dashboard.sidebar.navigation"},
}

# --- E-mail -------------------------------------------------------------------------------------
# Without EMAIL_URL a trial writes every message as a file below VAR_DIR/mail, and a portal that serves
# people offers no subscriptions by e-mail; feeds need none.
EMAIL_URL = env.str("EMAIL_URL", default="")
EMAIL_IS_SET_UP = bool(EMAIL_URL) or DEBUG
if EMAIL_URL:
    _mail = env.email_url_config(EMAIL_URL)
    EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
    EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_HOST"], _mail["EMAIL_PORT"]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"], _mail["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("EMAIL_USE_TLS", False), _mail.get("EMAIL_USE_SSL", False)
    EMAIL_FILE_PATH = _mail["EMAIL_FILE_PATH"]
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=20)
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="portal@localhost")
# How long the link in the first message is good for (hours), and how long a subscription that has ended
# is remembered, without its address (days).
SUBSCRIPTION_CONFIRM_HOURS = env.int("SUBSCRIPTION_CONFIRM_HOURS", default=72)
# How many mails that nobody has agreed to (confirm, already there) one address is sent in 24 hours, whoever asks.
SUBSCRIPTION_MAILS_A_DAY = env.int("SUBSCRIPTION_MAILS_A_DAY", default=5)
SUBSCRIPTION_KEEP_DAYS = env.int("SUBSCRIPTION_KEEP_DAYS", default=90)

# --- The site -----------------------------------------------------------------------------------
# What a government site must carry (国办发〔2017〕47号). Anything left empty is not shown.
SITE = {
    "name": env.str("SITE_NAME", default="托县门户"),
    "full_name": env.str("SITE_FULL_NAME", default="托克托县招商引资与政务服务门户"),
    "domain": env.str("SITE_DOMAIN", default=""),
    "id_code": env.str("SITE_ID_CODE", default=""),
    "organiser": env.str("SITE_ORGANISER", default=""),
    "contact": env.str("SITE_CONTACT", default=""),
    "hotline": env.str("SITE_HOTLINE", default="12345"),
    "icp": env.str("SITE_ICP", default=""),
    "police": env.str("SITE_POLICE", default=""),
    "online_filing_url": env.str("SITE_ONLINE_FILING_URL", default=""),
}
# Where `manage.py serve` listens; a deployment with its own web server ignores both.
BIND_HOST = env.str("BIND_HOST", default="127.0.0.1")
PORT = env.str("PORT", default="8000")
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")

# TrueType files to set PDF in, such as the county's own 仿宋 and 黑体; empty for Noto Sans SC.
PDF_FONT_REGULAR = env.str("PDF_FONT_REGULAR", default="")
PDF_FONT_BOLD = env.str("PDF_FONT_BOLD", default="")

# What a public enquiry is promised: an answer within so many working days.
ENQUIRY_ANSWER_WORKING_DAYS = env.int("ENQUIRY_ANSWER_WORKING_DAYS", default=3)
# The same for a request for help (帮办); 0 promises nothing, and the page then states no time.
ASSIST_ANSWER_WORKING_DAYS = env.int("ASSIST_ANSWER_WORKING_DAYS", default=0)

# The same for feedback about the site (意见建议); and how many days after its end its contact is erased.
FEEDBACK_ANSWER_WORKING_DAYS = env.int("FEEDBACK_ANSWER_WORKING_DAYS", default=5)
FEEDBACK_CONTACT_DAYS = env.int("FEEDBACK_CONTACT_DAYS", default=30)

# Ratings (好差评). How long an invitation is good for (days), and what a rectification may take (working
# days); from when on a rating is doubted until a supervisor has looked: fewer seconds after the invitation,
# or so many earlier ones from one telephone within 30 days, from one network address within an hour.
RATING_INVITATION_DAYS = env.int("RATING_INVITATION_DAYS", default=30)
RATING_REMEDIATION_WORKING_DAYS = env.int("RATING_REMEDIATION_WORKING_DAYS", default=5)
RATING_MIN_SECONDS = env.int("RATING_MIN_SECONDS", default=20)
RATING_SAME_PHONE_LIMIT = env.int("RATING_SAME_PHONE_LIMIT", default=3)
RATING_SAME_ADDRESS_LIMIT = env.int("RATING_SAME_ADDRESS_LIMIT", default=3)
# Addresses of the hall's own evaluation devices, from which many ratings an hour are expected.
RATING_DEVICE_ADDRESSES = env.list("RATING_DEVICE_ADDRESSES", default=[])

# Searches that found nothing: how many days they are kept, and how many different ones are counted a day.
SEARCH_MISS_DAYS = env.int("SEARCH_MISS_DAYS", default=90)
SEARCH_MISS_PER_DAY = env.int("SEARCH_MISS_PER_DAY", default=500)

# A factor price older than so many months is shown with a warning. Tariffs are set by the year.
PRICE_MAX_AGE_MONTHS = env.int("PRICE_MAX_AGE_MONTHS", default=12)

# Public pages may be answered from the cache for this long (seconds); validators always apply.
PUBLIC_PAGE_SECONDS = env.int("PUBLIC_PAGE_SECONDS", default=0 if DEBUG else 60)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "axes": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "celery": {"level": env.str("LOG_LEVEL", default="INFO")},
    },
}

FIELD_KEYS = tuple(
    hashlib.sha256(key.encode()).digest()
    for key in [FIELD_ENCRYPTION_KEY or SECRET_KEY, *FIELD_ENCRYPTION_KEYS_OLD]
)
