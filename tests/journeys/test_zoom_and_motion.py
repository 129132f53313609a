"""A desk's screen at 200 % and 400 %, in long words and from right to left, and pages for whom nothing may move."""

import contextlib
from collections.abc import Sequence

import pytest
from playwright.async_api import Page, ViewportSize, expect
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from tests.journeys import chromium
from tests.journeys.axe import LAID_OUT_WITHIN_MS
from tests.running import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

# 1280 by 800 as a page is laid out at these zooms (WCAG 1.4.4 and 1.4.10).
ZOOMED: Sequence[ViewportSize] = ({"width": 640, "height": 400}, {"width": 320, "height": 200})

# Words that somebody could want to read and cannot: outside the screen, or cut by a box that does not say so by "…".
CUT_OFF = """
() => {
  const wide = document.documentElement.scrollWidth - innerWidth;
  const found = wide > 0 ? [`the page is ${wide} px too wide`] : [];
  const says = (one) => [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== '');
  const scrolls = (one) => one !== null
    && (/auto|scroll/.test(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
  const isUnseen = (one) => !one.checkVisibility() || one.closest('.only-read, .skip, script, style, option') !== null;
  for (const one of document.body.querySelectorAll('*')) {
    if (!says(one) || isUnseen(one)) continue;
    const box = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    const isOutside = (box.left < -1 || box.right > innerWidth + 1) && !scrolls(one.parentElement);
    const isCut = /hidden|clip/.test(style.overflowX) && style.textOverflow !== 'ellipsis'
      && style.webkitLineClamp === 'none' && one.scrollWidth > one.clientWidth + 1;
    if (isOutside || isCut) found.push(`${one.tagName} ${one.className}: ${one.textContent.trim().slice(0, 60)}`);
  }
  return found;
}
"""
# What moves for longer than the eye sees, or again and again.
MOVES = """
() => {
  const long = (times) => times.split(',').some((one) => parseFloat(one) * (one.includes('ms') ? 1 : 1000) > 1);
  return [...document.querySelectorAll('*')]
    .flatMap((one) => ['', '::before', '::after'].map((part) => [one, getComputedStyle(one, part || null)]))
    .filter(([, style]) => long(style.transitionDuration)
      || (style.animationName !== 'none' && (long(style.animationDuration) || style.animationIterationCount !== '1')))
    .map(([one]) => `${one.tagName} ${one.className}`);
}
"""


async def cut_off(page: Page) -> list[str]:
    found: list[str] = []
    before = page.viewport_size
    for size in ZOOMED:
        await page.set_viewport_size(size)
        # What a script lays out anew is there some frames later.
        with contextlib.suppress(PlaywrightTimeoutError):
            await page.wait_for_function(f"() => ({CUT_OFF})().length === 0", timeout=LAID_OUT_WITHIN_MS)
        found += [f"{page.url} at {size['width']} px: {one}" for one in await page.evaluate(CUT_OFF)]
    if before is not None:
        await page.set_viewport_size(before)
    return found


async def test_zoomed_to_four_times_nothing_is_cut_off_and_where_motion_is_unwanted_nothing_moves(
    server: RunningServer,
) -> None:
    async with (
        chromium.playwright() as running,
        chromium.person(running) as host,
        chromium.person(running) as visitor,
    ):
        await chromium.sign_up(host, server.url, "zoom_host", "Annegret Donaudampfschifffahrt-Müller")
        title = "A long evening of radio from the harbour, with everybody who was ever there"
        space_url = await chromium.start_space(host, server.url, title)
        found: list[str] = []
        moving: list[str] = []
        for language, direction in (("de", "ltr"), ("ar", "rtl")):
            for page in (host, visitor):
                await page.emulate_media(reduced_motion="reduce")
                await page.goto(f"{server.url}/settings")
                await page.get_by_test_id("settings-language").select_option(language)
                await page.locator(f"html[lang={language}]").wait_for()
            pages = [(host, path) for path in ("/spaces/new", "/settings", "/notifications")]
            pages += [(visitor, path) for path in ("/", "/sign-in", "/sign-up", "/search", "/check", "/@zoom_host")]
            for page, path in pages:
                await page.goto(f"{server.url}{path}")
                await page.locator("main h1").first.wait_for(state="attached")
                found += await cut_off(page)
            # The last of them: a name in Latin letters, which begins where the page's own words begin.
            name = visitor.locator("main h1")
            await expect(name).to_have_css("text-align", "left" if direction == "ltr" else "right")
            await visitor.goto(space_url)
            await visitor.get_by_test_id("start-listening").wait_for()
            found += await cut_off(visitor)
            for page in (host, visitor):
                await chromium.listen(page, space_url)
                await page.get_by_test_id("stage-participant").wait_for()
                found += await cut_off(page)
                await page.get_by_test_id("more").click()
                menu = page.get_by_role("menu")
                assert await menu.evaluate("(list) => getComputedStyle(list).direction") == direction
                moving += await page.evaluate(MOVES)
                found += await cut_off(page)
                await page.keyboard.press("Escape")
        assert found == []
        assert moving == []
