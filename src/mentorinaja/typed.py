"""What may not stand in any text a person types: one rule for forms and for messages."""

from __future__ import annotations

import re

# Control characters but line ends and tabs: nobody means them, and what shows a text later may obey them.
# NUL and lone surrogates cannot be stored at all.
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
