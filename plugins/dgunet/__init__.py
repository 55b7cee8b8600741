"""DGUNet (Mou, Wang, Zhang, CVPR 2022): deep generalized unfolding for image restoration."""
