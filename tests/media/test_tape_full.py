"""A disk that is really full: a small one in memory, mounted where the tapes are."""

from pathlib import Path

from tests.media.decoders import by_libopus
from tests.media.node_process import SPACE, Voice, running_node
from voxhall.media import _core

# In a world of mounts of its own, so that nothing of it is left whatever happens.
SMALL_DISK = """mkdir -p "$0/tapes" && mount -t tmpfs -o size=96k none "$0/tapes" && exec "$@" """


async def test_a_full_disk_ends_the_recording_is_told_and_leaves_the_sound_alone(tmp_path: Path) -> None:
    inside = ("unshare", "--map-root-user", "--mount", "sh", "-c", SMALL_DISK, str(tmp_path))
    async with running_node(tmp_path, *inside) as node:
        await node.record()
        publisher, subscriber = _core.Publisher(), _core.Subscriber()
        await node.connect(publisher, "pa_ana", csrc=7)
        await node.connect(subscriber, "pa_cleo")
        voice = Voice(publisher, 440)
        try:
            stopped = await node.until("tape_stopped", within_s=40)
            assert stopped == {"space": SPACE, "reason": "disk_full"}
            before = subscriber.received
            report = await node.ask("report")
            assert report["stats"]["disk_used_percent"] > 90
            assert report["spaces"][0]["recording"]["stopped"] == "disk_full"
            # The node's world of mounts is seen through its process.
            mix = Path(f"/proc/{node.process.pid}/root{tmp_path}/tapes/{SPACE}/mix.0001.ogg")
            assert len(by_libopus(mix)) > 48_000
            assert subscriber.lost == 0
            assert subscriber.received > before
        finally:
            voice.stop()
            publisher.close()
            subscriber.close()
