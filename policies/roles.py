"""What each role may do with policies and factor prices."""

from tuoxian_portal.core.registries import role_grants

READ = [
    "policies.view_incentivepolicy",
    "policies.view_policyclause",
    "policies.view_policyquestion",
    "policies.view_policyattachment",
    "policies.view_clausematerial",
    "policies.view_clausecase",
    "policies.view_exclusiongroup",
    "policies.view_factorprice",
    "policies.view_comparisonprice",
]
WRITE = [
    f"policies.{verb}_{model}"
    for model in ("policyclause", "clausematerial", "policyquestion", "policyattachment", "clausecase")
    for verb in ("add", "change", "delete")
] + [
    "policies.add_exclusiongroup",
    "policies.change_exclusiongroup",
    "policies.add_incentivepolicy",
    "policies.change_incentivepolicy",
    "policies.add_factorprice",
    "policies.change_factorprice",
    "policies.add_comparisonprice",
    "policies.change_comparisonprice",
    "policies.delete_comparisonprice",
]

CLAIM_READ = ["policies.view_policyclaim"]
CLAIM_WORK = [
    "policies.add_policyclaim",
    "policies.review_policyclaim",
    "policies.approve_policyclaim",
    "policies.pay_policyclaim",
]
# A clause asks for papers of the hall's catalogue, which may lack one.
CATALOGUE = ["services.view_serviceitem", "services.view_material", "services.add_material"]
DECIDE = ["policies.review_incentivepolicy", "policies.publish_incentivepolicy"]

role_grants.register(
    "policies",
    {
        "policy_officer": [*READ, *WRITE, *DECIDE, *CATALOGUE],
        "administrator": [*READ, *WRITE, *DECIDE],
        "official": READ,
        "project_officer": READ,
        "supervisor": READ,
    },
)
role_grants.register(
    "policies-claims",
    {
        "policy_officer": [*CLAIM_READ, *CLAIM_WORK],
        "administrator": [*CLAIM_READ, *CLAIM_WORK],
        "official": CLAIM_READ,
        "supervisor": CLAIM_READ,
    },
)
