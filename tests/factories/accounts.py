"""People for tests. `UserFactory(roles=["window"])` holds what the portal's own `roles.py` grant."""

from typing import Any

import factory
from django.contrib.auth.models import Permission
from factory.django import DjangoModelFactory

from tuoxian_portal.accounts.models import Role, User
from tuoxian_portal.accounts.reference import RoleSet


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person-{n}")
    display_name = factory.Sequence(lambda n: f"测试人员{n}")
    is_staff = True
    password = factory.django.Password("a-long-enough-password")

    @factory.post_generation
    def roles(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        """Roles by code, with their real permissions; loads them only after a flush."""
        if not create or not extracted:
            return
        if not Role.objects.exists():
            RoleSet().load()
        for code in extracted:
            self.groups.add(Role.objects.get(code=code).group)

    @factory.post_generation
    def permissions(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        """Single permissions as `app_label.codename`."""
        for name in extracted or ():
            app_label, codename = name.split(".")
            self.user_permissions.add(
                Permission.objects.get(content_type__app_label=app_label, codename=codename)
            )


class SuperUserFactory(UserFactory):
    is_superuser = True
