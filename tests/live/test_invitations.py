"""Asked onto the stage out of the audience: who is told of it, and what a page that comes later shows."""

from tests.live.stage import live_socket, live_space
from tests.world import World


async def test_who_is_invited_is_told_alone_and_a_new_page_shows_it(world: World) -> None:
    ana, ben, cleo = await world.person("ana"), await world.person("ben"), await world.person("cleo")
    space = await live_space(ana)
    async with live_socket(world, space, ana) as host, live_socket(world, space, cleo) as other:
        async with live_socket(world, space, ben) as listener:
            me = listener.me
            await host.do("invite_to_speak", participant_id=me)
            await listener.until("event", "invited_to_speak", participant_id=me)
        async with live_socket(world, space, ben) as again:
            assert again.seen[0]["invitations"] == [me]
            await again.do("decline_invitation")
            await host.until("event", "invitation_declined", participant_id=me)
        # Everything before its answer has been sent.
        assert await other.refused("invite_to_speak", participant_id=me) == "only_host_or_cohost"
        assert other.seen[0]["invitations"] == []
        assert not any("invit" in name for name in other.events())
