"""Ways back in besides the password: codes given once, links by mail, and a link that an administrator makes."""
