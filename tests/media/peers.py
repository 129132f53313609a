"""Publishers and listeners that somebody else wrote: aiortc over WHIP and WHEP."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction

import httpx2
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from av import AudioFrame

from tests.running import PATIENCE_S

RATE_HZ = 48_000
FRAME_SAMPLES = RATE_HZ // 50
SDP = {"Content-Type": "application/sdp"}

# Between the noise floor of a decoder and the quietest level that the mix gives a lone tone: RMS, full scale 1.
AUDIBLE_RMS = 0.01
# Silence has to be effective after 200 ms, and aiortc's own jitter buffer holds another 80 ms: in frames of 20 ms.
FRAMES_UNTIL_SILENCE = 10 + 4


class Tone(MediaStreamTrack):
    """A sine in real time, which goes on whatever the server thinks of it."""

    kind = "audio"

    def __init__(self, hz: float) -> None:
        super().__init__()
        self._hz = hz
        self._sent = 0
        self._began: float | None = None

    async def recv(self) -> AudioFrame:
        loop = asyncio.get_running_loop()
        if self._began is None:
            self._began = loop.time()
        await asyncio.sleep(max(0.0, self._began + self._sent / RATE_HZ - loop.time()))
        at = (self._sent + np.arange(FRAME_SAMPLES)) / RATE_HZ
        samples = (np.sin(2 * np.pi * self._hz * at) * 8000).astype(np.int16)
        frame = AudioFrame.from_ndarray(samples[np.newaxis, :], format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        frame.pts = self._sent
        frame.time_base = Fraction(1, RATE_HZ)
        self._sent += FRAME_SAMPLES
        return frame


class Ear:
    """Listens all the time; answers how loud each frame was, 20 ms at a time."""

    def __init__(self, track: MediaStreamTrack) -> None:
        self._track = track
        self._levels: asyncio.Queue[float] = asyncio.Queue()

    async def listen(self) -> None:
        while True:
            frame = await self._track.recv()
            assert isinstance(frame, AudioFrame)
            samples = frame.to_ndarray().astype(np.float64) / 32768
            self._levels.put_nowait(math.sqrt(float(np.mean(samples * samples))))

    async def hears_something(self, within_s: float = PATIENCE_S) -> None:
        async with asyncio.timeout(within_s):
            while await self._levels.get() < AUDIBLE_RMS:
                pass

    async def audible_frames(self, seconds: float) -> int:
        """How many frames of the next seconds were to be heard; in silence the server may send none at all."""
        count = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    count += await self._levels.get() >= AUDIBLE_RMS
        return count

    async def falls_silent(self) -> None:
        """For a whole second, and soon. Frames are counted and not the time: a machine that stands still brings late
        what was sent before.
        """
        heard = 0
        while (more := await self.audible_frames(1.0)) > 0:
            heard += more
            assert heard <= FRAMES_UNTIL_SILENCE, f"{heard} frames are still to be heard"

    def forget(self) -> None:
        while not self._levels.empty():
            self._levels.get_nowait()


def new_peer() -> RTCPeerConnection:
    return RTCPeerConnection(RTCConfiguration(iceServers=[]))


async def offer_of(peer: RTCPeerConnection) -> str:
    await peer.setLocalDescription(await peer.createOffer())
    sdp: str = peer.localDescription.sdp
    return sdp


async def connect(peer: RTCPeerConnection, door: str, headers: dict[str, str]) -> str:
    """Through a WHIP or WHEP door; answers the address of the session."""
    connected = asyncio.Event()
    peer.on("connectionstatechange", lambda: connected.set() if peer.connectionState == "connected" else None)
    async with httpx2.AsyncClient(timeout=10) as http:
        answer = await http.post(door, content=await offer_of(peer), headers={**SDP, **headers})
    assert answer.status_code == 201, answer.text
    await peer.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
    async with asyncio.timeout(10):
        await connected.wait()
    return str(httpx2.URL(door).join(answer.headers["location"]))


async def leave(session: str) -> int:
    async with httpx2.AsyncClient(timeout=10) as http:
        return (await http.delete(session)).status_code


@asynccontextmanager
async def publisher(whip: str, headers: dict[str, str], hz: float = 440.0) -> AsyncIterator[str]:
    peer = new_peer()
    peer.addTrack(Tone(hz))
    try:
        yield await connect(peer, whip, headers)
    finally:
        await peer.close()


@asynccontextmanager
async def listener(whep: str) -> AsyncIterator[tuple[Ear, str]]:
    peer = new_peer()
    transceiver = peer.addTransceiver("audio", direction="recvonly")
    listening: asyncio.Task[None] | None = None
    try:
        session = await connect(peer, whep, {})
        ear = Ear(transceiver.receiver.track)
        listening = asyncio.create_task(ear.listen())
        yield ear, session
    finally:
        if listening is not None:
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await listening
        await peer.close()
