"""The matrix that LibRaw keeps to itself, read off what it develops."""

from pathlib import Path

import numpy as np
import pytest
import rawpy

from unveil.isp.colour.colorimetry import rgb_to_xyz
from unveil.isp.colour.libraw_matrix import libraw_matrix

# What `raw-identify -v` of LibRaw prints for it, camera to sRGB.
DC50 = ((1.8125, -0.3365, -0.4760), (-0.4350, 1.8520, -0.4170), (-0.6760, -1.3930, 3.0690))


@pytest.mark.shared
def test_the_kodak_dc50_has_the_matrix_that_libraw_prints(shared_data: Path) -> None:
    with rawpy.imread(str(shared_data / "raw" / "kodak_dc50.kdc")) as raw:
        found = libraw_matrix(raw, ((1, 0), (2, 1)))
    np.testing.assert_allclose(np.linalg.inv(np.array(found) @ rgb_to_xyz("sRGB")), DC50, atol=1e-3)


@pytest.mark.shared
def test_a_known_camera_has_the_matrix_of_the_table(shared_data: Path) -> None:
    with rawpy.imread(str(shared_data / "raw" / "canon_eos_d30.crw")) as raw:
        table = raw.rgb_xyz_matrix[:3].copy()
        found = np.array(libraw_matrix(raw, ((0, 1), (1, 2))))
    # LibRaw scales each row, so that white is white.
    to_white = table @ rgb_to_xyz("sRGB") @ np.ones(3)
    np.testing.assert_allclose(found, table / to_white[:, None], atol=2e-3)
