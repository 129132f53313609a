"""The space while it is live."""

from scripts.screens.studio import Scene, Studio


async def door(studio: Studio) -> None:
    """What whoever opens the address sees first."""
    ada = studio.person("ada", "Ada Lovelace")
    space = studio.space(ada, "Poems for engines: reading the notes aloud", who_may_speak="everyone", language="en")
    studio.started_ago(space, 34, listeners=312)
    page = await studio.window()
    await studio.visit(page, f"/spaces/{space['id']}")
    await studio.shoot(page)


SCENES = [Scene("live-door", "A live space, opened by its address: one tap and there is sound.", door)]
