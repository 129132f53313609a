"""The rules of accessibility that a machine can check (axe-core: WCAG 2.2 A and AA, and its own good practice)."""

from playwright.async_api import Page

from tests.journeys.npm import NODE_MODULES, install

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

RUN = """
async (tags) => {
  const { violations } = await window.axe.run(document, { runOnly: tags });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}
"""


async def violations(page: Page) -> list[str]:
    """Each broken rule with the element that breaks it, in the state the page is in now."""
    if not await page.evaluate("() => 'axe' in window"):
        install()
        await page.evaluate((NODE_MODULES / "axe-core" / "axe.min.js").read_text())
    found: list[str] = await page.evaluate(RUN, TAGS)
    return found
