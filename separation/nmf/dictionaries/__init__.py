"""Atoms learnt beforehand: their record, their files, how they are learnt and how a song is heard in them."""
