"""The nouns and the decisions: pure, without disk, network, thread or clock."""
