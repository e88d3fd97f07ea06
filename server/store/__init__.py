"""Where lessons' logs and what follows from them are kept: SQLite by default, PostgreSQL by URL."""

from server.store.migration import migrate
from server.store.port import StoreBusy, StoreDown
from server.store.stores import Stores, open_store

__all__ = ["StoreBusy", "StoreDown", "Stores", "migrate", "open_store"]
