"""Our own compact network, the default method."""
