"""A singer followed by a source/filter model: the voice, its melody, and what accompanies it."""
