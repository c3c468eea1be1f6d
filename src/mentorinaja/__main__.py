"""`python -m mentorinaja`: the same as the command `mentorinaja`."""

import sys

from mentorinaja.cli import main

sys.exit(main())
