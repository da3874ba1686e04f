"""What W may be made of, one file each, for `iterate(…, structure=…)`; solvers then move its parameters."""
