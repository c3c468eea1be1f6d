"""Work nobody waits for: files that no product has are taken away."""

from __future__ import annotations

import structlog

from mentorinaja.jobs.queue import Job, Payload
from mentorinaja.products import files
from mentorinaja.resources import Resources
from mentorinaja.storage import StorageDown

log = structlog.get_logger(__name__)


async def sweep_files(resources: Resources, _payload: Payload) -> None:
    """Take away files whose saving ended in between, and those that a newer one replaced."""
    for file_id in await files.unused(resources.db):
        try:
            await files.take_away(resources.db, resources.storage, file_id)
        except StorageDown:
            log.warning("products.files_left", file_id=str(file_id))  # for the next sweep
            return


JOBS = [Job("products.sweep_files", sweep_files, sweep=True)]
