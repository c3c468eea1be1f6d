"""What the simulator refuses: an API error with its code and words."""

from __future__ import annotations


class ApiError(Exception):
    """A refusal by Snap or the Core API; `status_code` is Midtrans's, which is not always HTTP's."""

    def __init__(self, status_code: int, *messages: str) -> None:
        super().__init__("; ".join(messages))
        self.status_code = status_code
        self.messages = list(messages)


class NotPayable(Exception):
    """The payment page cannot do what was asked; the text is Indonesian, for the payer."""


UNAUTHORIZED = "Access denied due to unauthorized transaction, please check client or server key"
ORDER_USED = "transaction_details.order_id has been paid and utilized, please use another order ID"
NOT_FOUND = "Transaction doesn't exist."
NOT_MODIFIABLE = "Merchant cannot modify the status of the transaction"
