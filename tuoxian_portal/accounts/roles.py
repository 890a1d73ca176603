"""What each role may do with people, the audit log and the portal's own machinery."""

from tuoxian_portal.core.registries import role_grants

role_grants.register(
    "accounts",
    {
        "administrator": [
            "accounts.view_user",
            "accounts.add_user",
            "accounts.change_user",
            "accounts.view_role",
            "auth.view_group",
            "core.view_job",
            "core.view_calendaryear",
            "core.add_calendaryear",
            "core.change_calendaryear",
            "core.view_calendarday",
            "core.add_calendarday",
            "core.change_calendarday",
            "core.delete_calendarday",
            "django_celery_beat.view_periodictask",
            "django_celery_beat.change_periodictask",
            "django_celery_beat.view_crontabschedule",
            "django_celery_beat.add_crontabschedule",
            "django_celery_beat.view_intervalschedule",
            "axes.view_accessattempt",
            "axes.delete_accessattempt",
        ],
    },
)
