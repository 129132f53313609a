"""What two decoders hear in a file: PyAV, and the program ffmpeg."""

import io
import subprocess
from array import array

import av


def pyav(data: bytes) -> "array[int]":
    samples = array("h")
    with av.open(io.BytesIO(data), "r") as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
        for frame in container.decode(audio=0):
            for one in resampler.resample(frame):
                samples.frombytes(bytes(one.planes[0])[: one.samples * 2])
    return samples


def ffmpeg(data: bytes) -> "array[int]":
    command = ["ffmpeg", "-v", "error", "-i", "pipe:0", "-f", "s16le", "-ac", "1", "-ar", "48000", "pipe:1"]
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    assert not done.stderr, done.stderr.decode()
    return array("h", done.stdout)


def loud_ms(samples: "array[int]", threshold: int = 2_000) -> list[tuple[int, int]]:
    """Where it is loud: begin and end of each stretch, to 5 ms; silences under 50 ms do not part two."""
    step = 240
    loud = [max(map(abs, samples[at : at + step]), default=0) > threshold for at in range(0, len(samples), step)]
    found: list[tuple[int, int]] = []
    for number, is_loud in enumerate(loud):
        if is_loud:
            at_ms = number * 5
            if found and at_ms - found[-1][1] <= 50:
                found[-1] = (found[-1][0], at_ms + 5)
            else:
                found.append((at_ms, at_ms + 5))
    return found
