"""The API: one flat file per resource, with routes, bodies and handlers together."""
