"""The media node's Python side, and the clients of WHIP and WHEP. The only importer of the Rust core.

No packet crosses into Python: calls go down, events come up, both as JSON.
"""
