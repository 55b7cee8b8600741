"""The verbs of the command line, by what they are about. Each imports its heavy parts when it is called."""
