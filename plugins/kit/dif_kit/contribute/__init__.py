"""What starts a new channel or a new client: questions, templates, files."""
