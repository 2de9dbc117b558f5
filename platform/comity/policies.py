"""Policy as data: the one place that reads `policies/*.yaml`. Each file has a typed model that refuses unknown keys.

Decides nothing and knows no rule: it hands the model to whoever decides. Files are read once a process.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar

import yaml
from pydantic import BaseModel

from comity.config import POLICIES
from comity.domain.taxonomy import Taxonomy

_Model = TypeVar("_Model", bound=BaseModel)


def load(name: str, model: type[_Model]) -> _Model:
    """Read `policies/<name>.yaml` into its model. Raises `FileNotFoundError` or pydantic's `ValidationError`."""
    text = (POLICIES / f"{name}.yaml").read_text(encoding="utf-8")
    return model.model_validate(yaml.safe_load(text))


@lru_cache(maxsize=1)
def taxonomy() -> Taxonomy:
    """The vocabularies of this node."""
    return load("taxonomy", Taxonomy)
