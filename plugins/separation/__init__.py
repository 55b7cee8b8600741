"""What every method shares: proxy, recomposition, weights and the `separate` stage."""
