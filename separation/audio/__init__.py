"""Sound in and out: signals, reading, writing, resampling, loudness, tags."""
