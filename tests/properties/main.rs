//! What must hold for every input: no panic, one fixpoint, bounded growth, nothing hidden.

mod inspection;
