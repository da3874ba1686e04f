"""How good stems are beside the true ones: BSS Eval, SDRs, distance of spectra, and what leaks where nothing is."""
