"""Written notes: reading them, laying them on a song, and factorisations that know them."""
