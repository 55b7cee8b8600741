"""Networks that tell true pictures from made ones; needed to train only.

References
----------
Isola, Zhu, Zhou, Efros: "Image-to-Image Translation with Conditional Adversarial Networks", CVPR 2017 (patches of
70 x 70; IBCLN, CR3Net).
Ledig et al.: "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network", CVPR 2017 (the
deep one); Wu, He: "Group Normalization", ECCV 2018; DURRNet's release for the numbers.
"""

from __future__ import annotations

from torch import Tensor, nn

_SLOPE = 0.2


class PatchDiscriminator(nn.Module):
    """One logit for each patch of 70 x 70 pixels; 2.8 M parameters, keys `model.<n>` as IBCLN and CR3Net store them.

    Weights start as normal(0, 0.02), biases as 0, as in both releases.
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, 64, 4, 2, 1), nn.LeakyReLU(_SLOPE)]
        for inputs, outputs, stride in ((64, 128, 2), (128, 256, 2), (256, 512, 1)):
            conv = nn.Conv2d(inputs, outputs, 4, stride, 1)
            layers += [conv, nn.InstanceNorm2d(outputs), nn.LeakyReLU(_SLOPE)]
        self.model = nn.Sequential(*layers, nn.Conv2d(512, 1, 4, 1, 1))
        self.apply(_start_normal)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return logits (N, 1, about H / 8, about W / 8) of (N, 3, H, W), sides at least 24 pixels."""
        logits: Tensor = self.model(pictures)
        return logits


class DeepDiscriminator(nn.Module):
    """One logit for each picture: ten convolutions, of which every second halves the size (DURRNet).

    Kaiming initialisation, biases 0. The release's key names are not known; these are ours.
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for outputs in (64, 128, 256, 512, 512):
            for stride in (1, 2):
                layers.append(nn.Conv2d(inputs, outputs, 3, stride, 1))
                if inputs != 3:
                    layers.append(nn.GroupNorm(32, outputs))
                layers.append(nn.LeakyReLU(_SLOPE))
                inputs = outputs
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(512, 1024, 1), nn.LeakyReLU(_SLOPE), nn.Conv2d(1024, 1, 1)
        )
        self.apply(_start_kaiming)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return logits (N, 1) of (N, 3, H, W)."""
        logits: Tensor = self.head(self.features(pictures))
        return logits.flatten(1)


def _start_normal(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.normal_(module.weight, 0, 0.02)
        _no_bias(module)


def _start_kaiming(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, _SLOPE)
        _no_bias(module)


def _no_bias(conv: nn.Conv2d) -> None:
    assert conv.bias is not None
    nn.init.zeros_(conv.bias)
