"""A stand-in for Midtrans: Snap, snap.js and the Core API over HTTP, faithful in what the app relies on.

Run it: ``python -m mentorinaja.local.midtrans --notification-url http://…`` prints ``{"url": …}`` when it
listens. Its Snap base is ``{url}/snap/v1``, its Core base ``{url}``, its script ``{url}/snap/snap.js``.

Paying
    ``GET /snap/v3/redirection/{token}`` is plain HTML; two form posts to the same address pay:
    ``method`` (``bca_va``, ``gopay``, ``credit_card``, …) begins a pending transaction (a card only shows
    its form), then ``action`` ends it: ``pay``, ``deny``, ``pending`` (leave it waiting) or ``expire``.
    Both fields in one post do both. The card form adds ``card_number``, ``expiry``, ``cvv``, ``card_name``;
    without a number the accepted test card is used. An action answers 303 to ``callbacks.finish`` (or
    ``error``) with ``order_id``, ``status_code`` and ``transaction_status``; the choice of a method answers
    303 to the page itself. 422: not possible, the page says why; 409: the payment has ended.

Control (JSON; ``GET /_control`` is a page over it)
    ``GET /_control/transactions`` (``?order_id=`` for one): a list of attempts, newest first, each with
    ``gateway_order_id``, ``token``, ``gross_amount``, ``page``, ``transactions`` (``transaction_id``,
    ``payment_type``, ``transaction_status``, ``fraud_status``, …) and ``notifications`` (``state``,
    ``answers``, ``body``).

    ``PUT /_control/transactions`` with a list of attempts that began elsewhere (``gateway_order_id``,
    ``token``, ``gross_amount``, ``created_at``, ``page_expires_at``, ``transactions``; see ``adopting.py``)
    makes them known as they are; answers ``{"adopted": n}``, those that were new.

    ``POST /_control/transactions/{gateway_order_id}/{verb}`` with the verb ``settle``, ``capture``,
    ``challenge``, ``approve``, ``deny``, ``expire``, ``reverse``, ``refund`` or ``chargeback``, and
    optionally ``{"method": "bca_va", "amount": 157500, "notify": true, "transaction_id": …,
    "refund_key": …}``. The first five begin a transaction when there is none, when the last one failed, or
    when ``method`` names another: so one order can be paid twice, or late. Answers the attempt; 409 when
    the status cannot follow.

    ``POST /_control/notify/{gateway_order_id}`` with ``{"status": "settlement", "repeat": 50,
    "forge": true, "amount": "1.00", "set": {"currency": "USD"}, "transaction_id": …}``, all optional, sends
    now and answers ``{"answers": [200, …], "body": …}``; null stands for no answer. The signature is right
    for the body unless ``forge``. An order id nobody knows makes a notice of an unknown order.

    ``GET`` and ``PUT /_control/faults``; PUT replaces all of them, ``{}`` clears::

        {"all":    {"delay": 2.5},
         "create": {"cut_after": true, "times": 1},
         "status": {"error_before": 500, "body_errors": true},
         "notify": {"drop": true, "times": 2}}

    Endpoints: ``create``, ``status``, ``cancel`` (token cancel too), ``expire``, ``refund``, ``approve``,
    ``deny``, ``notify``; ``all`` covers those without an own fault, except ``notify``. In each: ``times``
    (how many requests, else for ever), ``delay`` (seconds), ``error_before`` or ``error_after`` the work
    (HTTP status), ``cut_before`` or ``cut_after`` (the connection drops without an answer), ``html`` (a 502
    page), ``content`` (a 200 with this text as its body), ``rate_limit`` (429), ``body_errors`` (errors
    come as HTTP 200 with the code in the body); ``refund`` also ``bank_denies`` (202, nothing refunded).
    Lies, for ``notify`` and ``status``: ``edited_status``, ``uppercase``, ``wrong_amount`` ("1.00"),
    ``wrong_signature``, ``unknown_order``,
    ``set`` (fields to add or change), ``remove`` (fields to leave out). For ``notify`` also ``drop``,
    ``duplicate`` (n in parallel), ``reorder`` (the next one of the order overtakes it), ``delay``.
    ``"bank_silent": true`` beside the endpoints: no bank confirms a refund meanwhile.
"""

from mentorinaja.local.midtrans.app import create_simulator
from mentorinaja.local.midtrans.config import SIMULATOR_CLIENT_KEY, SIMULATOR_SERVER_KEY, SimulatorConfig
from mentorinaja.local.midtrans.serve import run_simulator

__all__ = [
    "SIMULATOR_CLIENT_KEY",
    "SIMULATOR_SERVER_KEY",
    "SimulatorConfig",
    "create_simulator",
    "run_simulator",
]
