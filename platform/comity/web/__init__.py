"""Floor 3: pages, as Jinja2 templates and htmx blocks."""
