"""Pages as answers: what they say, to whom, and what they let nobody do."""
