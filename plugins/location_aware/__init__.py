"""Location-aware single-image reflection removal (Dong et al., ICCV 2021)."""
