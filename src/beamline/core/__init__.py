"""What every other package builds on: errors, files, parameters, processes, memory."""
