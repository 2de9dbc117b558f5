"""What the web and the API share of HTTP: one request, one thread, one transaction. It knows no page and no resource."""
