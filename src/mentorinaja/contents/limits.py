"""How much a process may take that looks at bytes from outside: asked of the system by the process itself."""

from __future__ import annotations

import contextlib
import resource


def limit(*, memory_bytes: int, cpu_seconds: int) -> None:
    """From here on: so much memory and processor time, no file written, none left behind. The system ends it then."""
    # Not every system knows or keeps all of them.
    for what, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))
