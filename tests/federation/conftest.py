"""The service of `tests/web`, met by machines."""

from tests.web.conftest import portal

__all__ = ["portal"]
