"""The refusals in the OpenAPI document: the same for every address, so written down in one place."""

from __future__ import annotations

from typing import Any

API = "/api/v1/"
MEANING = {
    400: "The input cannot be used; `fields` names what is wrong where it is known.",
    401: "Nobody is signed in, or the token is unknown, expired or revoked.",
    403: "Your role or the token's scope does not allow it, or the CSRF token is missing.",
    404: "There is no such object, or it is not yours to see.",
    406: "The answer does not exist in a media type that you accept.",
    409: "The object is in another state than the action needs.",
    412: "You build on an older version; the answer has the current one.",
    413: "Too many bytes, files or items.",
    415: "The body has a media type that is not taken here.",
    422: "Well-formed input whose content is refused.",
    428: "Say in If-Match which version you build on.",
    507: "The disk is nearly full: nothing large is taken until there is room again.",
}
# What is asked about a state that may be absent though the address names no object.
ALSO = {(API + "demo", "get"): {404}}
ERROR: dict[str, Any] = {
    "type": "object",
    "description": "What happened, to which object, and what to do. Further keys depend on `code`.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "retryable"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "retryable": {"type": "boolean"},
                "fields": {"description": "By field, what is wrong with it."},
            },
            "additionalProperties": True,
        }
    },
}
STALE_ERROR: dict[str, Any] = {
    "type": "object",
    "description": "The current sequence and the operations that the client has not seen.",
    "required": ["error"],
    "properties": {
        **ERROR["properties"],
        "seq": {"type": "integer"},
        "operations": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
    },
}


def document_errors(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A spectacular hook: give every operation the refusals that it can answer with."""
    result["components"]["schemas"].update({"Error": ERROR, "StaleError": STALE_ERROR})
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            for status in sorted(refusals(path, method, operation)):
                operation["responses"].setdefault(str(status), _response(status))
    return result


def refusals(path: str, method: str, operation: dict[str, Any]) -> set[int]:
    """The statuses from 400 on that this operation can answer with."""
    places = {parameter["in"] for parameter in operation.get("parameters", [])}
    found = {406} | ALSO.get((path, method), set())
    if {} not in operation.get("security", [{}]):
        found |= {401, 403}
    if "path" in places:
        found |= {404}
    if "query" in places:
        found |= {400}
    if method != "get":
        found |= {400, 404, 409}
    if "requestBody" in operation or method == "delete":
        found |= {413, 415, 422}
    if "header" in places or path.endswith("/decision"):
        found |= {412, 428}
    if "import" in path or "export" in path:
        found |= {507} if method != "get" else set()
    return found


def _response(status: int) -> dict[str, Any]:
    name = "StaleError" if status == 412 else "Error"
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"description": MEANING[status], "content": {"application/json": {"schema": schema}}}
