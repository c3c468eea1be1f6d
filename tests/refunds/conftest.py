"""The payment simulator beside a database, as payments' own tests have it."""

from tests.payments.conftest import counter

__all__ = ["counter"]
