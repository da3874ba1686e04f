"""Wishes about the factors beside a good fit, one file each, for `iterate(…, penalties=[…])`; they may be combined.

None of them can be cheated by scaling W down and H up. Each has weight 1 where it is about as strong as the fit of a
spectrogram whose mean is 1; scale V to that mean to compare strengths between songs.
"""
