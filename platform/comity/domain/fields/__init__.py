"""What a field of content is made of: its words, its bounded values, its shape, its text. Knows no kind and no rule."""
