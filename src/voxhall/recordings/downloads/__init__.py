"""Files worth keeping, made by a worker after the end: the mix as M4A and MP3, and a waveform."""
