"""Bodies of requests are JSON that means one thing only: no key twice, no NaN, no number others read otherwise, bounded depth.

The rules are those of the exchange formats (RFC 7493). It decides nothing about fields; what it refuses is told as field `body`.
"""

from __future__ import annotations

import json
from typing import Any

from fastapi import Request

from comity.domain import strict_json


class StrictRequest(Request):
    """A request whose `json()` raises `json.JSONDecodeError` with the reason for whatever two programs could read differently."""

    async def json(self) -> Any:
        """The JSON object of the body."""
        try:
            return strict_json.parse(await self.body())
        except strict_json.BadJson as bad:
            raise json.JSONDecodeError(str(bad), "", 0) from bad
