"""The shape of a recording, in the JSON of BBC audiowaveform (version 2), which players and editors read."""

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from av.audio.frame import AudioFrame
    from numpy.typing import NDArray

# Pairs of lowest and highest: enough to look into a part of an hour, and the file stays near 150 kB.
MOST_PIXELS = 16_000
# A hundredth of a second; finer than a screen of a minute shows.
LEAST_SAMPLES_PER_PIXEL = 480


class Waveform:
    """Fed with 16-bit samples in their order; what one pixel stands for follows from the expected length."""

    def __init__(self, rate_hz: int, expected_samples: int) -> None:
        self._rate_hz = rate_hz
        self.samples_per_pixel = max(LEAST_SAMPLES_PER_PIXEL, -(-expected_samples // MOST_PIXELS))
        self._pairs: list[Any] = []
        self._rest: NDArray[np.int16] | None = None

    def add(self, samples: "NDArray[np.int16]") -> None:
        import numpy as np

        if self._rest is not None:
            samples = np.concatenate([self._rest, samples])
        whole = len(samples) - len(samples) % self.samples_per_pixel
        self._rest = samples[whole:]
        self._take(samples[:whole].reshape(-1, self.samples_per_pixel))

    def passing(self, frames: "Iterator[AudioFrame]") -> "Iterator[AudioFrame]":
        """The same frames, seen on their way."""
        import numpy as np

        for frame in frames:
            self.add((frame.to_ndarray()[0].clip(-1, 1) * 32767).astype(np.int16))
            yield frame

    def as_json(self) -> str:
        import numpy as np

        if self._rest is not None and len(self._rest):
            self._take(self._rest.reshape(1, -1))
            self._rest = None
        pairs = np.concatenate(self._pairs) if self._pairs else np.zeros((0, 2), np.int8)
        whole = {
            "version": 2,
            "channels": 1,
            "sample_rate": self._rate_hz,
            "samples_per_pixel": self.samples_per_pixel,
            "bits": 8,
            "length": len(pairs),
            "data": pairs.reshape(-1).tolist(),
        }
        return json.dumps(whole, separators=(",", ":"))

    def _take(self, blocks: "NDArray[np.int16]") -> None:
        import numpy as np

        if len(blocks):
            self._pairs.append((np.stack([blocks.min(axis=1), blocks.max(axis=1)], axis=1) >> 8).astype(np.int8))
