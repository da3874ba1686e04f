"""What a person paints on the spectrogram, and factorisations that obey it."""
