"""Reports of people by people, and what the operator does about being found: hidden, as usual, featured."""
