"""What a shared link looks like on other sites: words in the head of the page, a picture, oEmbed."""
