"""What the synthesis in linear light draws from, each range with where it comes from.

References
----------
[1] Kee et al.: "Removing Reflections from RAW Photos", CVPR 2025.
[2] Hecht: "Optics", 5th edition, chapter 4.6 (Fresnel) and 9.6 (multiple reflections); index of soda-lime float
    glass 1.51 to 1.53.
[3] EN 410 and product tables made by it, e.g. Sisecam tinted float glass: 6 mm lets 72 % (green), 55 % (blue),
    50 % (bronze), 44 % (grey) of daylight through; clear glass 88 to 91 %, of which the surfaces cost 8 %.
[4] EN 572-2 (float glass of 2 to 25 mm) and EN 1279 (insulating glass; cavities of 6 to 20 mm are usual).
[5] Brooks et al.: "Unprocessing Images for Learned Raw Denoising", CVPR 2019 (white balance gains).
[6] Foi et al.: "Practical Poissonian-Gaussian noise modeling and fitting", IEEE TIP 17(10), 2008.
[7] Wan et al.: "Benchmarking Single-Image Reflection Removal Algorithms", ICCV 2017 (ghosts, thickness).
[8] ISO 2720:1974, and 12 to 18 % as the mean that meters aim at.

Ranges without a number are our own choice, from looking at pairs of real photographs.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

Range = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """Ranges that the synthesis draws from, uniformly unless said otherwise.

    What is 0 by default costs nothing and draws nothing, so that configurations written before it was there give
    the same mixtures. `ValueError` for a range whose ends are swapped or a probability outside [0, 1].
    """

    # Both scenes.
    curve: Range = (0.85, 1.3)
    """Exponent on the linear light of the scene behind the glass: the tone curve of its photograph is unknown.
    (1, 1) for sources that are scene-linear."""
    illuminant: float = 0.0
    """Standard deviation of log2(red / blue) / 2 of the light behind the glass; [1] gives each scene its own."""
    warmth: float = 0.35
    """Standard deviation of log2(red / blue) / 2 between the two scenes' illuminants [1]."""
    sky: float = 0.25
    """Mean of the same: what windows reflect is bluer than rooms, on average."""

    # The reflected scene.
    lamp: Range = (0.0, 0.93)
    """Compression of highlights undone by x / (1 - k x): white becomes up to 14 times white. Scenes that have light
    above white themselves (panoramas) keep their own."""
    defocus: Range = (0.3, 24.0)
    """Standard deviation of the reflected scene's blur, pixels at 224, log-uniform; [1] has sharp to unrecognisable."""
    sharp: float = 0.0
    """Probability that the reflected scene is in focus whatever `defocus` says."""
    disc: float = 0.0
    """Probability that the defocus is a disc, as of an open aperture, of the same variance as the Gaussian."""
    motion: float = 0.0
    """Probability that the reflected scene moves during the exposure."""
    path: Range = (2.0, 20.0)
    """Length of that motion, pixels at 224."""
    local: float = 0.5
    """Probability that the reflection stands in parts of the picture only."""
    edge: Range = (-0.6, 0.8)
    """Where the border of these parts lies, in standard deviations of a smooth field."""

    # Glass whose share of reflection is drawn.
    share: Range = (0.02, 0.65)
    """Share of the picture's light that is reflection."""
    clean: float = 0.06
    """Probability of a picture without any reflection."""
    ghost: float = 0.3
    """Probability of a second, shifted copy [7]."""
    ghost_weight: Range = (0.3, 0.95)
    """Weight of that copy; two clear surfaces give 0.8 to 0.92 [2]."""
    ghost_shift: float = 0.04
    """Largest shift of that copy, in widths and heights of the picture."""
    veil: float = 0.35
    """Probability of a very smooth veil beside the reflected scene."""
    veil_light: Range = (0.2, 1.5)
    """Light of the veil, times the mean of the reflected scene."""

    # Glass as physics has it: `share` and `ghost` follow from what is drawn here.
    fresnel: float = 0.0
    """Probability of such glass."""
    index: Range = (1.51, 1.53)
    """Refractive index [2]."""
    incidence: Range = (0.0, 65.0)
    """Angle between the optical axis and the pane's normal, degrees; limited so that the whole picture lies on the
    pane, less than 85 degrees from its normal."""
    view: Range = (20.0, 65.0)
    """Angle of view across the crop's longer side, degrees: lenses of 100 to 28 mm on 24 x 36 mm."""
    thickness: Range = (3.0, 10.0)
    """Of a pane, millimetres [4]; [7] photographed 3, 5 and 10."""
    double: float = 0.4
    """Probability of double glazing."""
    gap: Range = (6.0, 20.0)
    """Its cavity, millimetres [4]."""
    wedge: Range = (0.0, 1.0)
    """Tilt of its second pane against the first, milliradians: panes bow with the weather."""
    distance: Range = (0.7, 30.0)
    """Way of the light from the reflected scene over the pane to the camera, metres, log-uniform."""
    internal: Range = (0.95, 0.995)
    """Light that clear glass lets through, apart from its surfaces, along the normal [3]."""
    tinted: float = 0.0
    """Probability of body-tinted glass."""
    tint: Range = (0.48, 0.8)
    """`internal` of tinted glass [3]."""
    tint_spread: float = 0.1
    """Standard deviation of log2 of the same between the colours: green and bronze glass are about one apart."""
    brightness: Range = (-1.0, 4.5)
    """How much brighter the reflected scene is than the one behind the glass, stops, between means of both at good
    exposure: a sunlit street before a room is 4 to 7 stops, two sides of a room's window pane about 0."""
    haze: float = 0.0
    """Probability of dirt on the glass, of either kind, that scatters the reflected side's light over the picture."""
    haze_light: Range = (0.01, 0.1)
    """That light, times the mean of the picture."""

    # The camera.
    exposure: Range = (0.5, 1.5)
    """Value of the 98th percentile of the mixture: below 1 is underexposed, above clips."""
    metered: float = 0.0
    """Probability that the mean is metered in place of the highlights."""
    key: Range = (0.1, 0.24)
    """What the metered mean becomes [8], two thirds of a stop to either side."""
    balanced: float = 0.0
    """Probability that the camera balances the mixture's white by its mean colour."""
    adaptation: Range = (0.3, 1.0)
    """Part of the way to grey that this goes."""
    shot: Range = (-5.0, -3.3)
    """log10 of the shot noise's variance at 1 [6]; from none to about ISO 3200 at proxy size."""
    read: Range = (-7.0, -5.3)
    """log10 of the read noise's variance [6]."""
    camera: float = 0.0
    """Probability that the mixture goes through a camera: its primaries, unbalanced sensor values with noise and
    saturation, and back."""
    mosaic: float = 0.0
    """Probability that such a camera's sensor has one colour at each pixel of the crop, which our own development
    interpolates. Crops of photographs are shrunk and sharp: this gives them more false colour than a camera does."""
    crosstalk: Range = (0.6, 1.6)
    """How far its primaries are from sRGB, times those of a Nikon D5100 (see `camera.D5100`)."""
    red_gain: Range = (1.9, 2.4)
    """Its white balance of red [5]."""
    blue_gain: Range = (1.5, 1.9)
    """Its white balance of blue [5]."""
    rendering: float = 0.5
    """Probability that the camera's own tone curve stands between the scene and the picture."""
    contrast: Range = (0.8, 1.35)
    """Exponent of that curve, on linear light."""
    jpeg: float = 0.0
    """Probability that the mixture was a JPEG file."""
    quality: Range = (60.0, 98.0)
    """Of that file, on the scale of the Independent JPEG Group."""
    subsampled: float = 0.6
    """Probability that its colours are at half size."""
    noiseless: bool = False
    """Whether the reflection to learn is free of noise and artefacts; false: it is all that the mixture has above
    the transmission."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, tuple) and value[0] > value[1]:
                raise ValueError(f"{field.name}: the lower end {value[0]} is above the upper end {value[1]}")
            if field.name in PROBABILITIES and not 0 <= value <= 1:
                raise ValueError(f"{field.name}: a probability is between 0 and 1, found {value}")


PROBABILITIES = frozenset(
    {"sharp", "disc", "motion", "local", "clean", "ghost", "veil", "fresnel", "double", "tinted", "haze"}
    | {"metered", "balanced", "camera", "mosaic", "rendering", "jpeg", "subsampled"}
)
