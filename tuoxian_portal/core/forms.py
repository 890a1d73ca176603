"""One renderer for every form of the public site: errors in a summary and at the field."""

from django.forms.renderers import TemplatesSetting


class PortalFormRenderer(TemplatesSetting):
    """Renders through `templates/components/form*.html`; the admin keeps its own widgets."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
