"""Papers and items of clauses become rows of the hall's catalogue; see docs/adr/0015."""

import logging

import django.db.models.deletion
from django.db import migrations, models

NAME_LENGTH = 120  # of a material of the catalogue
NOTE_LENGTH = 200
logger = logging.getLogger(__name__)


def link_catalogue(apps, clauses):
    """Writes the rows of `clauses`: (clause, names of papers, code of the item).

    A paper is found by name or alias; what the catalogue lacks enters it with the policy as its source.
    A code that no item has is put in the log, since the clause no longer keeps it.
    """
    Material = apps.get_model("services", "Material")
    ClauseMaterial = apps.get_model("policies", "ClauseMaterial")
    items = dict(
        apps.get_model("services", "ServiceItem")
        .objects.filter(revises=None)
        .values_list("code", "pk")
    )
    known = {}
    for pk, name, aliases in Material.objects.order_by("-pk").values_list("pk", "name", "aliases"):
        for alias in aliases.replace("、", "\n").splitlines():
            if alias.strip():
                known.setdefault(alias.strip(), pk)
    known |= {name: pk for pk, name in Material.objects.values_list("pk", "name")}
    for clause, names, code in clauses:
        used = set()
        for name in dict.fromkeys(name.strip() for name in names if name.strip()):
            short = name[:NAME_LENGTH]
            if short not in known:
                source = f"{clause.policy.title} {clause.heading}".strip()
                known[short] = Material.objects.create(name=short, source_title=source[:200]).pk
            if known[short] in used:
                continue
            used.add(known[short])
            ClauseMaterial.objects.create(
                clause_id=clause.pk,
                material_id=known[short],
                order=len(used),
                note=name[:NOTE_LENGTH] if name != short else "",
            )
        code = code.strip().upper()
        if code in items:
            type(clause).objects.filter(pk=clause.pk).update(service_item=items[code])
        elif code:
            logger.warning("条款 %s 的办事事项编码 %s 不在事项目录中，请在条款里重新选择。", clause.code, code)


def copy_to_rows(apps, schema_editor):
    clauses = apps.get_model("policies", "PolicyClause").objects.select_related("policy")
    link_catalogue(
        apps,
        [(clause, clause.material_names, clause.service_item_code) for clause in clauses],
    )
    # PostgreSQL alters no table while checks of its rows are put off.
    schema_editor.connection.check_constraints()


class Migration(migrations.Migration):

    dependencies = [
        ('policies', '0002_claim_clocks_and_notices'),
        ('services', '0001_initial'),
    ]

    operations = [
        migrations.RenameField('policyclause', 'materials', 'material_names'),
        migrations.CreateModel(
            name='ClauseMaterial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('order', models.PositiveSmallIntegerField(default=1, verbose_name='序号')),
                ('note', models.CharField(blank=True, help_text='例如：原件 1 份、复印件 2 份，加盖公章。来源没有写明的，不填。', max_length=200, verbose_name='份数和说明')),
                ('clause', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='materials', to='policies.policyclause', verbose_name='条款')),
                ('material', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='policy_clauses', to='services.material', verbose_name='材料')),
            ],
            options={
                'verbose_name': '申报材料',
                'verbose_name_plural': '申报材料',
                'ordering': ['clause_id', 'order', 'pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='clausematerial',
            constraint=models.UniqueConstraint(fields=('clause', 'material'), name='clause_material_once', violation_error_message='同一份材料在一个条款里只列一次。'),
        ),
        migrations.AddField(
            model_name='policyclause',
            name='service_item',
            field=models.ForeignKey(blank=True, help_text='到哪个事项申报。事项发布后，页面给出办事指南；还没有发布或已停办的，不给出。', limit_choices_to={'revises__isnull': True}, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='policy_clauses', to='services.serviceitem', verbose_name='办事事项'),
        ),
        migrations.RunPython(copy_to_rows, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField('policyclause', 'material_names'),
        migrations.RemoveField('policyclause', 'service_item_code'),
    ]
