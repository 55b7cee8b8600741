"""IBCLN: iterative boost convolutional LSTM network (Li et al., CVPR 2020)."""
