"""What the answers of the API are made from: one value, made once by `server.app`."""

from __future__ import annotations

import dataclasses

from server.accounts.bookings import Bookings
from server.accounts.pins import Pins
from server.accounts.sign_in import SignIn
from server.api.rates import Rates
from server.clock import Clock
from server.config import Config
from server.hosting import Hosting
from server.house import MediaRelay
from server.store.stores import Stores
from server.tickets import Tickets


@dataclasses.dataclass(frozen=True, slots=True)
class Services:
    """Everything that a request may need."""

    config: Config
    clock: Clock
    sign_in: SignIn
    pins: Pins
    bookings: Bookings
    hosting: Hosting
    relay: MediaRelay | None
    """The media relay; None where there is none."""
    stores: Stores
    tickets: Tickets
    rates: Rates
