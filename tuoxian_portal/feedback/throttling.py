"""How often one network address may write, and how often it may ask after an answer."""

from projects.throttling import EnquiryThrottle


class FeedbackThrottle(EnquiryThrottle):
    """`DEFAULT_THROTTLE_RATES["feedback"]` for each address, whoever is signed in."""

    scope = "feedback"


class AnswerThrottle(EnquiryThrottle):
    """`DEFAULT_THROTTLE_RATES["feedback-answer"]` for each address: passwords cannot be tried out."""

    scope = "feedback-answer"
