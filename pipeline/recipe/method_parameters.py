"""The parameters of a stage together with those of the method that it names, as recipes write them: side by side."""

from __future__ import annotations

import copyreg
from functools import cache
from typing import Any, cast

from pydantic import create_model

from ..errors import PluginError
from ..stage import Parameters


@cache
def with_method(stage: type[Parameters], method: type[Parameters]) -> type[Parameters]:
    """Return a model with the fields of both; what it checks is an instance of both.

    Raises
    ------
    PluginError
        If the method has a parameter of a name that the stage has too.
    """
    if issubclass(stage, method):  # the method has none of its own
        return stage
    both = sorted(stage.model_fields.keys() & method.model_fields.keys())
    if both:
        raise PluginError(
            f"{method.__module__}.{method.__qualname__}: the parameter {both[0]!r} is one of the stage itself; "
            "give the method's another name"
        )
    name = f"{stage.__name__}_{method.__name__}"
    joint = cast("type[Parameters]", create_model(name, __base__=(method, stage)))

    def taken_apart(checked: Any) -> Any:
        return _again, (stage, method, checked.model_dump())

    copyreg.pickle(joint, taken_apart)
    return joint


def _again(stage: type[Parameters], method: type[Parameters], values: dict[str, Any]) -> Parameters:
    """Make the parameters anew in another process, which has no name for the joint model."""
    return with_method(stage, method).model_validate(values)
