"""The store: the one place that writes records to a database and queries it (SQLModel on SQLite).

`writer.AuditStore` appends, `reader.AuditReader` searches, `tables` holds the schema and how a database is opened.
Whether what is stored is still true is not asked here: that is `audit.verify`, which shares no code with the writer's
side but the hashes and the derivation of columns.
"""

from audit.store.reader import AuditReader, Filters, StoredRecord, Summary
from audit.store.tables import database_path
from audit.store.writer import Appended, AuditStore

__all__ = ["Appended", "AuditReader", "AuditStore", "Filters", "StoredRecord", "Summary", "database_path"]
