"""The web console: its files, and the login of people who use it. See docs/decisions/0007-web-console.md."""
