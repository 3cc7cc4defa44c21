"""The listening side: association limits, a PDU size that is believed only within bounds, one Reception each."""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connections
from pynetdicom import AE, AllStoragePresentationContexts, _config, dimse_messages, evt
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]
from pynetdicom.transport import ThreadedAssociationServer

from medreview.archive import reasons, staging
from medreview.archive.dimse import AE_TITLE
from medreview.archive.dimse.receiving import Reception, finish_left_over
from medreview.archive.models import Import
from medreview.archive.parsing.codec_headers import KNOWN_SYNTAXES
from medreview.archive.services.doors import Sender
from medreview.archive.states import ImportState

MAX_ASSOCIATIONS = 32
MAX_PDU_BYTES = 128 * 1024
# Some peers send somewhat more than was agreed; nobody honest sends this much in one PDU.
_MAX_BELIEVED_PDU = 8 * MAX_PDU_BYTES
_WAIT_SECONDS = 30.0
_REQUEST_SECONDS = 10.0
_IDLE_SECONDS = 60.0
_LEFT_OVER_SECONDS = 180.0
_SCRATCH = "ingest-dimse-"
_NATIVE = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99")
log = logging.getLogger(__name__)


class Receiver:
    """`start` listens in threads of this process until `stop`. Needs the tables, not the web server."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._server: ThreadedAssociationServer | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._scratch = Path()
        self._receptions: dict[int, Reception] = {}
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        """The port it listens on, for one that was asked for as 0."""
        return int(self._server.server_address[1]) if self._server is not None else 0

    def start(self) -> None:
        """Raises OSError when the address is taken."""
        root = Path(settings.STAGING_DIR)
        root.mkdir(parents=True, exist_ok=True)
        self._folder = tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=root)
        # Objects are written to disk as they come, into staging: a large one must not be in memory whole.
        _config.STORE_RECV_CHUNKED_DATASET = True
        self._scratch = Path(self._folder.name)
        received: Any = partial(tempfile.NamedTemporaryFile, dir=self._folder.name)
        dimse_messages.NamedTemporaryFile = received  # type: ignore[attr-defined]
        logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
        self._server = _entity().start_server(
            self._address,
            block=False,
            evt_handlers=[
                (evt.EVT_CONN_OPEN, _bound_reading),
                (evt.EVT_C_ECHO, lambda event: reasons.SUCCESS),
                (evt.EVT_C_STORE, self._store),
                (evt.EVT_RELEASED, self._ended),
                (evt.EVT_ABORTED, self._ended),
                (evt.EVT_CONN_CLOSE, self._ended),
            ],
        )

    def stop(self) -> None:
        """No new associations; what the open ones have sent is handed over."""
        if self._server is not None:
            self._server.shutdown()
        with self._lock:
            open_ones = list(self._receptions.values())
            self._receptions.clear()
        for reception in open_ones:
            reception.finish()
        if self._folder is not None:
            self._folder.cleanup()

    def _store(self, event: evt.Event) -> int:
        close_old_connections()
        path = Path(event.dataset_path)
        try:
            socket: Any = event.assoc.dul.socket
            socket.recv.forget()
            return self._reception(event).store(path)
        finally:
            path.unlink(missing_ok=True)

    def _reception(self, event: evt.Event) -> Reception:
        with self._lock:
            found = self._receptions.get(id(event.assoc))
            if found is None:
                found = self._receptions[id(event.assoc)] = Reception(_sender(event), self._scratch)
            return found

    def _ended(self, event: evt.Event) -> None:
        if not event.assoc.is_established:
            # Its thread waits for a request that a closed connection will not bring, and counts as an association.
            event.assoc.dul.to_user_queue.put(None)
        with self._lock:
            reception = self._receptions.pop(id(event.assoc), None)
        if reception is not None:
            close_old_connections()
            try:
                reception.finish()
            except Exception:
                log.exception("the objects of an association could not be handed over; they will be later")
            finally:
                connections.close_all()


class _BoundedReading:
    """Stands in for a socket's `recv(count)`: a claimed PDU length is believed within bounds only, and the bytes of
    one object are counted, before anything is allocated for them."""

    def __init__(self, plain: Callable[[int], bytearray]) -> None:
        self._plain, self._total = plain, 0

    def __call__(self, count: int) -> bytearray:
        self._total += count
        if count > _MAX_BELIEVED_PDU or self._total > staging.MAX_FILE_BYTES:
            raise OSError("a PDU or an object is larger than this system takes")
        return self._plain(count)

    def forget(self) -> None:
        """A whole object has come: count anew."""
        self._total = 0


def _bound_reading(event: evt.Event) -> None:
    wrapped: Any = event.assoc.dul.socket
    wrapped.recv = _BoundedReading(wrapped.recv)
    if wrapped.socket is not None:
        wrapped.socket.settimeout(_WAIT_SECONDS)


def _entity() -> AE:
    entity = AE(ae_title=AE_TITLE)
    entity.maximum_associations = MAX_ASSOCIATIONS
    entity.maximum_pdu_size = MAX_PDU_BYTES
    entity.acse_timeout, entity.dimse_timeout = _REQUEST_SECONDS, _WAIT_SECONDS
    entity.network_timeout = _IDLE_SECONDS
    entity.require_called_aet = False  # the called title is the address of a project
    syntaxes = [*_NATIVE, *sorted(KNOWN_SYNTAXES)]
    for context in AllStoragePresentationContexts:
        entity.add_supported_context(str(context.abstract_syntax), syntaxes)
    entity.add_supported_context(Verification, [*_NATIVE[:3]])
    return entity


def _sender(event: evt.Event) -> Sender:
    requested: Any = event.assoc.requestor
    titles = (requested.primitive.called_ae_title, requested.primitive.calling_ae_title)
    called, calling = (str(title or "").strip()[:16] for title in titles)
    return Sender(called, calling, str(requested.address or "")[:64])


def take_in_left_over() -> int:
    """What a receiver that died had acknowledged, once nobody can be adding to it any more."""
    waiting = Import.objects.filter(source="dimse", state=ImportState.RECEIVING).values_list("pk", flat=True)
    quiet = [pk for pk in waiting if _quiet_seconds(pk) > _LEFT_OVER_SECONDS]
    return finish_left_over(quiet)


def _quiet_seconds(import_id: int) -> float:
    folder = staging.folder_of(import_id)
    return time.time() - folder.stat().st_mtime if folder.exists() else _LEFT_OVER_SECONDS + 1
