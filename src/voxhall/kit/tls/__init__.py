"""HTTPS without a proxy: certificates from files, from a small authority of one's own, or from a public one by ACME.

`contexts.py` serves with a certificate that can be swapped while connections live, `files.py` follows files,
`authority.py` is the small authority, `acme_orders.py` asks a public one, `service.py` chooses and keeps it going,
`plain_http.py` is what port 80 answers.
"""
