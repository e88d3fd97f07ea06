"""HTTP: pages, and JSON under /api. docs/http.md is the contract; `routes` is the table."""
