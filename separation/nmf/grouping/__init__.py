"""From atoms to sources: which atoms belong together, who says so, and how sure that is.

    affinity ─┬─ spectral (assignment) ─┐
              ├─ dendrogram (Ward)      │
    features ─┼─ source_filter          ├─ labels (K,) ─ or shares G (K, J) ─ models V_j = Σ_k g_kj w_k h_k
              ├─ shift_invariant        │
    V ────────┼─ percussive             │
    stems ────┴─ membership ────────────┘
    a person's answers: constraints, logistic, suggestions;  an atom that mixes sources: silhouette, split, merge
"""
