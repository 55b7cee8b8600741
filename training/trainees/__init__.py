"""How each method is trained: its network, its losses, its published facts."""
