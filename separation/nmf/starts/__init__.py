"""Where a factorisation begins, one file each; all of them give Factors."""
