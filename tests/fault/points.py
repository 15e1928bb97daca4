"""The named points of a spool, as preload.c knows them: what has just been done when a process ends there."""

# How a driver gets there: "new" in a new spool only; "run" appends and settles some; "drain" settles all; "resized" does that
# with another limit, and so another size of segments.
SPOOL = {
    "spare-allocated": "run",
    "spare-synced": "run",
    "reserve-allocated": "run",
    "reserve-synced": "run",
    "cursors-replaced": "new",
    "first-group-appended": "run",
    "first-group-synced": "run",
    "segment-created": "run",
    "folder-synced": "run",
    "group-appended": "run",
    "group-synced": "run",
    "cursor-stored": "run",
    "cursor-synced": "drain",
    "segment-recycled": "drain",
    "segment-unlinked": "resized",
}
LETTERS = ("letter-written", "letter-synced")
WRITES = ("first-group-appended", "group-appended", "cursor-stored", "letter-written")  # may also be done by half
