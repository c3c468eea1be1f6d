"""The database: connections, transactions, migrations. Knows no feature."""

import os

# Piccolo finds its engine through this name; set before any table is used.
os.environ.setdefault("PICCOLO_CONF", "mentorinaja.piccolo_conf")
