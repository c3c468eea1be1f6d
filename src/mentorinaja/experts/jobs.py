"""Background work about experts: listings grow old without anybody touching them, photos are left behind."""

from __future__ import annotations

import structlog

from mentorinaja.experts import actions, photos
from mentorinaja.jobs.queue import Job, Payload
from mentorinaja.resources import Resources
from mentorinaja.storage import StorageDown

log = structlog.get_logger(__name__)


async def refresh_old_listings(resources: Resources, _payload: Payload) -> None:
    """Rewrite the listings that time has overtaken."""
    await actions.refresh_old_listings(resources.db)


async def sweep_photos(resources: Resources, _payload: Payload) -> None:
    """Take away photos whose saving ended in between, and replaced ones that the store would not let go."""
    for photo_id in await photos.unused_photos(resources.db):
        try:
            await photos.take_photo_away(resources.db, resources.storage, photo_id)
        except StorageDown:
            log.warning("photos.left", photo_id=str(photo_id))  # for the next sweep
            return


JOBS = [
    Job("experts.refresh_listings", refresh_old_listings, sweep=True),
    Job("experts.sweep_photos", sweep_photos, sweep=True),
]
