"""Whether a clause is enjoyed once or each year. Only what is known already is filled in: a clause with
years is enjoyed each year; of the others the source may not say, and stays empty."""

from typing import Any

from django.db import migrations, models


def years_mean_yearly(apps: Any, schema_editor: Any) -> None:
    clauses = apps.get_model("policies", "PolicyClause")
    clauses.objects.filter(years__isnull=False).update(recurrence="yearly")


class Migration(migrations.Migration):
    dependencies = [("policies", "0003_clause_materials")]

    operations = [
        migrations.AddField(
            model_name="policyclause",
            name="recurrence",
            field=models.CharField(
                blank=True,
                choices=[("once", "一次性，每家企业只享受一次"), ("yearly", "按年，每年可以享受")],
                help_text="一次性的，往年享受过就不再列入；来源没有写明的不选，各年分开算。",
                max_length=8,
                verbose_name="享受次数",
            ),
        ),
        migrations.RunPython(years_mean_yearly, migrations.RunPython.noop),
    ]
