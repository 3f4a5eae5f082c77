"""The schema, step by step. A file that was released is never changed: its checksum is kept."""
