"""The kinds of content, each defined once. What a kind is, is read off its model; nothing here knows pages, rows or indexes."""
