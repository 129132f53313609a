"""The rules of accessibility that a machine can check (axe-core: WCAG 2.2 A and AA, and its own good practice)."""

import contextlib
from typing import Any

from playwright.async_api import Page, ViewportSize
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from tests.journeys.npm import NODE_MODULES, install

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE: ViewportSize = {"width": 360, "height": 640}
DESK: ViewportSize = {"width": 1280, "height": 800}
# The narrowest width at which WCAG 1.4.10 wants no second direction of scrolling: a desk's screen at 400 %.
NARROW: ViewportSize = {"width": 320, "height": 640}

FITS = "(width) => document.documentElement.scrollWidth <= width"
# By a machine that is busy elsewhere; only a page that is wrong takes all of it.
LAID_OUT_WITHIN_MS = 10_000

# Colours on their way from one scheme to the other belong to neither.
SETTLED = """
async () => {
  const frame = () => new Promise(requestAnimationFrame);
  for (let still = 0; still < 3; ) {
    await frame();
    still = document.getAnimations().some((one) => one.playState === 'running') ? 0 : still + 1;
  }
}
"""
RUN = """
async (only) => {
  const { violations } = await window.axe.run(document, { runOnly: only });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
    `${id}: ${target.join(' ')} ${failureSummary}`));
}
"""


async def violations(page: Page) -> list[str]:
    """Each broken rule with the element that breaks it, as the page is now; the colours in both schemes."""
    # A page whose script is still on its way has neither; one that never has them fails by its own rule.
    with contextlib.suppress(PlaywrightTimeoutError):
        await page.locator("main h1").first.wait_for(state="attached", timeout=LAID_OUT_WITHIN_MS)
    if not await page.evaluate("() => 'axe' in window"):
        install()
        await page.evaluate((NODE_MODULES / "axe-core" / "axe.min.js").read_text())
    found: list[str] = []
    checks: tuple[tuple[Any, Any], ...] = (
        ("light", TAGS),
        # Only colours change with the scheme.
        ("dark", {"type": "rule", "values": ["color-contrast"]}),
    )
    for scheme, only in checks:
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.evaluate(SETTLED)
        found += [f"{page.url} {scheme} {one}" for one in await page.evaluate(RUN, only)]
    return found


async def violations_at(page: Page, *sizes: ViewportSize) -> list[str]:
    """At each of these sizes, and how far the page is wider than a narrow screen."""
    found: list[str] = []
    before = page.viewport_size
    for size in sizes:
        await page.set_viewport_size(size)
        found += [f"{size['width']} px: {one}" for one in await violations(page)]
    await page.set_viewport_size(NARROW)
    # What a script lays out anew for a phone is there some frames later.
    with contextlib.suppress(PlaywrightTimeoutError):
        await page.wait_for_function(FITS, arg=NARROW["width"], timeout=LAID_OUT_WITHIN_MS)
    wide = await page.evaluate("() => document.documentElement.scrollWidth")
    if wide > NARROW["width"]:
        found.append(f"{page.url} is {wide} px wide on a screen of {NARROW['width']}")
    await page.set_viewport_size(before or DESK)
    return found
