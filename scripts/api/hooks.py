"""For `npm run check:api`: which refusals of well-formed requests are no findings.

Only an earlier answer, what is there at the moment, or the clock makes some values the right ones. No schema can say
that, and what schemathesis makes up is refused as it should be: such answers are held against every check but the one that
valid data is accepted.
"""

import schemathesis

OF_STATE = {
    # Cursors are those of earlier answers.
    "invalid-cursor",
    # A key that was used with another body.
    "idempotency-key-reused",
    # The alias is not what the ETag says.
    "precondition-failed",
    # What a version answers depends on its model.
    "task-not-supported",
}
# A time that must be in the future.
OF_CLOCK = "/expires_at"


@schemathesis.hook
def after_call(context, case, response):
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive or response.status_code not in (400, 412, 422):
        return
    problem = response.json()
    pointers = {error["pointer"] for error in problem.get("errors", [])}
    if problem["code"] in OF_STATE or (problem["code"] == "validation" and pointers == {OF_CLOCK}):
        # Checks that ask how a request was made up leave those alone that do not tell.
        object.__setattr__(case, "_meta", None)
