"""Finding spaces and people: the home page, search, topics, profiles. It reads what others write."""
