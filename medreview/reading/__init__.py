"""Who must look at what and what they decided: worklist, readings with their draft journal, decisions, reviews."""
