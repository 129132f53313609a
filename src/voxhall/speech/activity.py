"""Where somebody speaks: Silero's detector, which comes with faster-whisper, fed as the sound comes."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voxhall.speech.engine import Samples

# What the detector was trained on: 32 ms at 16 kHz, and the 4 ms before them.
FRAME_SAMPLES = 512
CONTEXT_SAMPLES = 64


class VoiceActivity:
    """One per track, because it remembers; the session behind it is shared."""

    def __init__(self) -> None:
        import numpy as np
        from faster_whisper.vad import get_vad_model

        self._np: Any = np
        self._session: Any = get_vad_model().session
        self.forget()

    def forget(self) -> None:
        """Before sound that does not follow on what was heard last."""
        np = self._np
        self._h = np.zeros((1, 1, 128), np.float32)
        self._c = np.zeros((1, 1, 128), np.float32)
        self._before = np.zeros(CONTEXT_SAMPLES, np.float32)

    def probabilities(self, frames: "Samples") -> list[float]:
        """For each whole frame, how probable it is that it holds speech."""
        np = self._np
        whole = np.concatenate([self._before, frames])
        with_context = np.lib.stride_tricks.sliding_window_view(whole, FRAME_SAMPLES + CONTEXT_SAMPLES)[::FRAME_SAMPLES]
        inputs = {"input": np.ascontiguousarray(with_context), "h": self._h, "c": self._c}
        found, self._h, self._c = self._session.run(None, inputs)
        self._before = whole[-CONTEXT_SAMPLES:]
        return [float(one) for one in found.reshape(-1)]
