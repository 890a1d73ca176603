"""What each role may do in the service hall."""

from tuoxian_portal.core.registries import role_grants

VIEW_CASES = [
    "services.view_case",
    "services.view_casematerial",
    "services.view_clockinterval",
    "services.view_correctionnotice",
    "services.view_casedocument",
    "services.view_serviceitem",
    "services.view_bundlecase",
    "services.view_bundlematerial",
    "services.view_bundledocument",
]

role_grants.register(
    "services-cases",
    {
        "window": [
            *VIEW_CASES,
            "services.add_case",
            "services.receive_case",
            "services.override_number",
        ],
        "reviewer": [*VIEW_CASES, "services.review_case"],
        "approver": [*VIEW_CASES, "services.decide_case"],
        "issuer": [*VIEW_CASES, "services.deliver_case"],
        "helper": [*VIEW_CASES],
        "supervisor": [*VIEW_CASES, "services.supervise_case"],
        "official": [*VIEW_CASES],
    },
)

# --- Attachments: who works on a case adds to it; who sees the case sees its files --------------------
SEE_FILES = ["services.view_caseattachment"]
role_grants.register(
    "services-attachments",
    {
        **{
            role: [*SEE_FILES, "services.add_caseattachment"]
            for role in ("window", "reviewer", "approver", "issuer")
        },
        **dict.fromkeys(("helper", "supervisor", "official"), SEE_FILES),
    },
)

# --- Papers: who works on a case hands its papers on and signs for them -------------------------------
role_grants.register(
    "services-custody",
    {
        **{
            role: ["services.view_handover", "services.move_paper"]
            for role in ("window", "reviewer", "approver", "issuer")
        },
        **{role: ["services.view_handover"] for role in ("helper", "supervisor", "official")},
    },
)

# --- Electronic licences: windows and departments use them, the administrator keeps the register --------
SEE_LICENCES = ["services.view_licence", "services.view_licencekind"]
role_grants.register(
    "services-licences",
    {
        **{role: [*SEE_LICENCES, "services.link_licence"] for role in ("window", "reviewer")},
        "approver": SEE_LICENCES,
        "supervisor": SEE_LICENCES,
        "administrator": [
            *SEE_LICENCES,
            "services.import_licence",
            "services.add_licencekind",
            "services.change_licencekind",
        ],
    },
)

# --- Catalogue ------------------------------------------------------------------------------------
CATALOGUE = (
    "serviceitem",
    "servicebundle",
    "servicetheme",
    "material",
    "itemmaterial",
    "itemversion",
    "legalbasis",
    "itemstep",
    "itemquestion",
    "bundlemember",
    "bundlequestion",
    "bundleanswer",
    "hallstatistic",
    "hallmechanism",
)
VIEW_CATALOGUE = [f"services.view_{name}" for name in CATALOGUE]
# Departments keep their guides; who approves and publishes is not who wrote.
EDIT_CATALOGUE = [
    f"services.{verb}_{name}"
    for name in CATALOGUE
    if name not in {"itemversion", "hallstatistic", "hallmechanism", "servicetheme"}
    for verb in ("add", "change")
] + [
    f"services.delete_{name}"
    for name in (
        "itemmaterial",
        "legalbasis",
        "itemstep",
        "itemquestion",
        "bundlemember",
        "bundlequestion",
        "bundleanswer",
    )
]
PUBLISH_CATALOGUE = [
    f"services.{verb}_{name}" for name in ("serviceitem", "servicebundle") for verb in ("review", "publish")
]
KEEP_FACTS = [
    f"services.{verb}_{name}"
    for name in ("servicetheme", "hallstatistic", "hallmechanism")
    for verb in ("add", "change")
]

role_grants.register(
    "services-catalogue",
    {
        "window": VIEW_CATALOGUE,
        "reviewer": [*VIEW_CATALOGUE, *EDIT_CATALOGUE],
        "approver": [*VIEW_CATALOGUE, *PUBLISH_CATALOGUE],
        "issuer": VIEW_CATALOGUE,
        "helper": VIEW_CATALOGUE,
        "supervisor": VIEW_CATALOGUE,
        "official": VIEW_CATALOGUE,
        "administrator": [*VIEW_CATALOGUE, *EDIT_CATALOGUE, *PUBLISH_CATALOGUE, *KEEP_FACTS],
    },
)

# --- Forms ----------------------------------------------------------------------------------------
FORMS = ("formfield", "itemfield")
VIEW_FORMS = [f"services.view_{name}" for name in FORMS]
EDIT_FORMS = [
    *VIEW_FORMS,
    *(f"services.{verb}_{name}" for name in FORMS for verb in ("add", "change")),
    "services.delete_itemfield",
]

role_grants.register(
    "services-forms",
    {
        "window": VIEW_FORMS,
        "reviewer": EDIT_FORMS,
        "approver": VIEW_FORMS,
        "issuer": VIEW_FORMS,
        "helper": VIEW_FORMS,
        "supervisor": VIEW_FORMS,
        "official": VIEW_FORMS,
        "administrator": EDIT_FORMS,
    },
)

# --- 帮办 -------------------------------------------------------------------------------------------
VIEW_ENTRUSTMENTS = [
    f"services.view_{name}"
    for name in (
        "entrustment",
        "entrustmentmatter",
        "entrustmentpause",
        "entrustmentcase",
        "entrustmentstep",
        "entrustmentpaper",
        "entrustmentvisit",
        "entrustmentdocument",
    )
]

role_grants.register(
    "services-entrustments",
    {
        # Whoever is at the counter writes a request for help down, and may call back afterwards.
        "window": [*VIEW_ENTRUSTMENTS, "services.add_entrustment", "services.follow_up_entrustment"],
        "helper": [*VIEW_ENTRUSTMENTS, "services.add_entrustment", "services.handle_entrustment"],
        "supervisor": [
            *VIEW_ENTRUSTMENTS,
            "services.follow_up_entrustment",
            "services.supervise_entrustment",
        ],
        "official": VIEW_ENTRUSTMENTS,
    },
)

# --- Ratings --------------------------------------------------------------------------------------
# A window records what comes on paper or by telephone and answers for its outlet; it does not browse
# ratings, so that who rated need not fear the next visit.
VIEW_REMEDIATIONS = [
    "services.view_ratingremediation",
    "services.view_remediationpaper",
]
VIEW_RATINGS = [
    *VIEW_REMEDIATIONS,
    "services.view_servicerating",
    "services.view_ratingtag",
    "services.view_publishedanswer",
]
ANSWER_REMEDIATIONS = [*VIEW_REMEDIATIONS, "services.answer_remediation"]

role_grants.register(
    "services-ratings",
    {
        "window": [*ANSWER_REMEDIATIONS, "services.record_rating"],
        "reviewer": ANSWER_REMEDIATIONS,
        "approver": [*VIEW_RATINGS, *ANSWER_REMEDIATIONS],
        "supervisor": [
            *VIEW_RATINGS,
            "services.record_rating",
            "services.judge_rating",
            "services.publish_rating",
            "services.supervise_remediation",
            "services.add_ratingtag",
            "services.change_ratingtag",
        ],
        "official": VIEW_RATINGS,
        "administrator": ["services.view_ratingtag", "services.add_ratingtag", "services.change_ratingtag"],
    },
)

# --- Import of the catalogue ----------------------------------------------------------------------
# Whoever may change every guide at once keeps the whole catalogue; what was imported is reviewed and
# published like any other draft.
role_grants.register(
    "services-import",
    {"administrator": ["services.import_serviceitem", "services.view_catalogueimport"]},
)

# --- Cases of key projects ------------------------------------------------------------------------
role_grants.register(
    "services-project-cases",
    {
        "project_officer": ["services.view_projectcase", "services.link_projectcase"],
        "supervisor": ["services.view_projectcase", "services.link_projectcase"],
        "official": ["services.view_projectcase"],
    },
)
