"""E-mail: notices to persons, handed to one SMTP server."""
