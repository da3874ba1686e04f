"""Ways to solve a factorisation, one file each: `states(problem, start, …)` yields states without end."""
