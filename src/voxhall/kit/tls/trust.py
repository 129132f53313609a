"""How the devices of a local network come to trust our own authority: a page that says it, and the certificate."""

import html

from fastapi import APIRouter
from starlette.responses import FileResponse, HTMLResponse, Response

from voxhall.kit.tls.authority import Authority

CERTIFICATE_PATH = "/tls/authority.crt"
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Trust this server</title>
<h1>Trust this server</h1>
<p>This server made its own certificate, so your device asks whether to trust it. Do this once per device.</p>
<ol>
<li>Download <a href="{path}">the certificate of its authority</a>.</li>
<li>Compare its SHA-256 with what the server printed when it started:<br><code>{fingerprint}</code></li>
<li>Install it.
<ul>
<li>iPhone, iPad: open the file, then Settings › General › VPN &amp; Device Management › install; then
Settings › General › About › Certificate Trust Settings › switch it on.</li>
<li>Android: Settings › Security › Encryption &amp; credentials › Install a certificate › CA certificate.</li>
<li>macOS: open the file, add it to the keychain, open it there, Trust › Always Trust.</li>
<li>Windows: open the file › Install Certificate › Local Machine › Trusted Root Certification Authorities.</li>
<li>Debian, Ubuntu: copy it to /usr/local/share/ca-certificates/ and run update-ca-certificates as root.</li>
<li>Firefox: Settings › Privacy &amp; Security › View Certificates › Authorities › Import.</li>
</ul></li>
</ol>
<p>It can only vouch for names and addresses of private networks and for this server's own name.</p>
</html>
"""


def router(authority: Authority) -> APIRouter:
    trust = APIRouter(include_in_schema=False)

    @trust.get("/tls")
    async def how_to_trust() -> HTMLResponse:
        return HTMLResponse(PAGE.format(path=CERTIFICATE_PATH, fingerprint=html.escape(authority.fingerprint())))

    @trust.get(CERTIFICATE_PATH)
    async def certificate() -> Response:
        return FileResponse(authority.certificate, media_type="application/x-x509-ca-cert")

    return trust
