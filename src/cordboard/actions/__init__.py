"""What Cordboard does, one verb a file. An action is one transaction."""
