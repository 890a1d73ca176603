"""One renderer for every form of the public site, and the form of the display settings."""

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core import display


class PortalFormRenderer(TemplatesSetting):
    """Renders through `templates/components/form*.html`; the admin keeps its own widgets."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"


class DisplayForm(forms.Form):
    """How the pages look; see `core.display`."""

    size = forms.ChoiceField(
        label=_("字号"),
        choices=list(display.SIZES.items()),
        required=False,
        widget=forms.RadioSelect,
        help_text=_("长辈模式：字更大，按钮更大。"),
    )
    contrast = forms.ChoiceField(
        label=_("对比度"),
        choices=list(display.CONTRASTS.items()),
        required=False,
        widget=forms.RadioSelect,
    )
    scheme = forms.ChoiceField(
        label=_("颜色"), choices=list(display.SCHEMES.items()), widget=forms.RadioSelect
    )
