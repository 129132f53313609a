"""Opus packets → samples. PyAV is loaded when a decoder is made: it brings FFmpeg with it."""

from voxhall.tape import opus


class Decoder:
    """Of one mix or track, packet after packet. What is no Opus answers nothing, and the next packet is decoded."""

    def __init__(self, rate_hz: int = opus.RATE_HZ) -> None:
        import av

        self._av = av
        self._codec = av.AudioCodecContext.create("opus", "r")
        self._codec.sample_rate = opus.RATE_HZ
        self._codec.layout = "mono"
        self._codec.extradata = opus.head()
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=rate_hz)

    def decode(self, packet: bytes) -> bytes:
        """16-bit mono samples in the machine's order."""
        av = self._av
        try:
            frames = self._codec.decode(av.Packet(packet))
        except av.FFmpegError:
            return b""
        pcm = b""
        for frame in frames:
            # The codec counts no time of its own here, and the resampler would take that for a gap.
            frame.pts = None
            for one in self._resampler.resample(frame):
                pcm += bytes(one.planes[0])[: one.samples * 2]
        return pcm
