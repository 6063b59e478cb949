"""Pictures are well-formed SVG that holds what it should."""

import xml.etree.ElementTree as ET

from local_models.plots import confusion_svg, reliability_svg


def test_a_confusion_matrix_has_every_count_and_name() -> None:
    tree = ET.fromstring(confusion_svg(["hr", "a<b"], ["hr", "a<b", "(other)"], [[7, 1, 0], [0, 5, 2]]))
    said = [one.text for one in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert said == ["hr", "a<b", "(other)", "hr", "7", "1", "0", "a<b", "0", "5", "2"]


def test_a_reliability_diagram_has_a_dot_for_each_bin() -> None:
    tree = ET.fromstring(reliability_svg([(4, 0.55, 0.5), (20, 0.95, 0.9)]))
    dots = list(tree.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(dots) == 2
    assert float(dots[0].get("cy", 0)) > float(dots[1].get("cy", 0))  # lower on the page: less often right
