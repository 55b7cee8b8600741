"""Records of what was found, and frames mixed again from them."""
