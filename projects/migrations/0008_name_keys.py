"""Leads that were recorded before get the key by which the same enterprise is found again."""

from django.db import migrations

from projects.names import enterprise_key


def fill(apps, schema_editor):
    Lead = apps.get_model("projects", "InvestmentLead")
    rows = list(Lead.objects.exclude(enterprise_name="").only("pk", "enterprise_name"))
    for row in rows:
        row.name_key = enterprise_key(row.enterprise_name)
    Lead.objects.bulk_update(rows, ["name_key"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("projects", "0007_pipeline")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
