"""For `npm run check:api`: which refusals of well-formed requests are no findings.

Only an earlier answer, what is there at the moment, or the clock makes some values the right ones. No schema can say
that, and what schemathesis makes up is refused as it should be: such answers are held against every check but the one that
valid data is accepted.
"""

import re

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
    # Where a name leads, and which addresses are public.
    "webhook-url-invalid",
}
# A time that must be in the future.
OF_CLOCK = "/expires_at"
# Of a job that names no task, what the first task of the version decides.
OF_TASK = ("/inputs/", "/parameters")
# Whether more of a metric is better, or less.
OF_METRIC = re.compile(r"/gates/\d+/(min|max)$")
# How large the model is: its layers, heads and dimensions.
OF_MODEL = ("/parameters/layers/", "/parameters/heads/", "/parameters/dimensions")


@schemathesis.hook
def after_call(context, case, response):
    meta = case.meta
    if response.status_code == 413:
        # Refused by its bytes, before anything is made of them.
        object.__setattr__(case, "_meta", None)
        return
    if meta is None or not meta.generation.mode.is_positive or response.status_code not in (400, 412, 422):
        return
    problem = response.json()
    if problem["code"] in OF_STATE or (problem["code"] == "validation" and is_of_state(case, problem)):
        # Checks that ask how a request was made up leave those alone that do not tell.
        object.__setattr__(case, "_meta", None)


def is_of_state(case, problem):
    errors = problem.get("errors", [])
    if not errors:
        return False
    pointers = {error["pointer"] for error in errors}
    if pointers == {OF_CLOCK}:
        return True
    if all(error["code"] == "range" and error["pointer"].startswith(OF_MODEL) for error in errors):
        return True
    if all(OF_METRIC.match(pointer) for pointer in pointers):
        return True
    names_no_task = case.path == "/v1/jobs" and isinstance(case.body, dict) and "task" not in case.body
    return names_no_task and all(pointer.startswith(OF_TASK) for pointer in pointers)
