"""Requests that ask for JSON: the schema is checked before the call and the reply after it, whatever the model."""

import json

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError

from semalign.core.errors import ModelSchemaError
from semalign.models.protocol import Finish, Reply, Request


def check_schema(request: Request) -> None:
    """Refuse a schema that is none, before anyone is asked.

    Raises:
        ModelSchemaError: it isn't a JSON schema.
    """
    if request.schema is None:
        return
    try:
        Draft202012Validator.check_schema(request.schema)
    except SchemaError as exc:
        raise ModelSchemaError(f"not a JSON schema: {exc.message} at {exc.json_path}; correct it") from exc


def hold_to_schema(reply: Reply, request: Request) -> None:
    """Pass a reply that holds to the schema of its request.

    Raises:
        ModelSchemaError: it doesn't.
    """
    if request.schema is None:
        return
    if reply.finish is Finish.LENGTH:
        raise ModelSchemaError(
            f"{reply.model} did not finish its JSON within {request.max_tokens} tokens; give more, or bound the schema"
        )
    try:
        Draft202012Validator(request.schema).validate(json.loads(reply.text))
    except json.JSONDecodeError as exc:
        raise ModelSchemaError(
            f"{reply.model} answered with what is not JSON ({exc}); it may not support schemas, use another model"
        ) from exc
    except ValidationError as exc:
        raise ModelSchemaError(
            f"{reply.model} did not hold to the schema: {exc.message} at {exc.json_path}; "
            "it may not support schemas, use another model"
        ) from exc
