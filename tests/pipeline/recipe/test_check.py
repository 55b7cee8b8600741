"""Break one thing in the shipped recipe and read the exact sentence about it."""

from __future__ import annotations

import pickle
import random
from pathlib import Path
from types import ModuleType

import cloudpickle
import pytest

import unveil
from unveil.pipeline.errors import PluginError, RecipeError
from unveil.pipeline.frame import Space
from unveil.pipeline.hookspecs import hookimpl
from unveil.pipeline.method import Domain, MethodSpec
from unveil.pipeline.recipe.recipe import Recipe, parse_recipe
from unveil.pipeline.registry import Registry, build_registry
from unveil.pipeline.stage import Parameters, Routes, StageSpec

PLUGINS = (
    "unveil.pipeline.builtin",
    "unveil.isp.plugin",
    "unveil.plugins.separation.plugin",
    "unveil.plugins.unveilnet.plugin",
)
"""One method is enough, and what is listed does not change with the others."""

WINDOW = (Path(unveil.__file__).parent / "recipes" / "window.yaml").read_text(encoding="utf-8")
STAGES = "colour, decode, demosaic, encode, lens, linearize, separate or tone"
HEAD = "unveil: 1\nname: x\n"


class DimParameters(Parameters):
    """A method that has a parameter."""

    share: float = 0.5


class Dim:
    """A second method, so that there is a choice."""

    @hookimpl
    def unveil_methods(self) -> list[MethodSpec]:
        return [
            MethodSpec(
                name="dim",
                summary="a share of everything is reflection",
                domain=Domain.LINEAR,
                multiple=1,
                global_statistics=False,
                fit=512,
                gives=("transmission",),
                cost=0.0,
                parameters=DimParameters,
                build=lambda parameters, device: lambda proxy: proxy,
            )
        ]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return build_registry([*PLUGINS, Dim()])


def mutated(old: str, new: str) -> str:
    assert WINDOW.count(old) >= 1
    return WINDOW.replace(old, new, 1)


def problems(text: str | bytes, registry: Registry) -> tuple[str, ...]:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text, registry, "w.yaml")
    assert caught.value.exit_status == 2
    return caught.value.problems


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        # the top of the file
        (
            "unveil: 1",
            "unveil: 2",
            "w.yaml:2:9: unveil: found 2; this program reads version 1 of the format; change the recipe or "
            "install the unveil that it was written for",
        ),
        ("unveil: 1", "unveil: true", "w.yaml:2:9: unveil: found true; allowed: 1"),
        ("unveil: 1", "unveil: '1'", "w.yaml:2:9: unveil: found '1'; allowed: 1; write it without quotes"),
        ("unveil: 1\n", "", "w.yaml:2:1: unveil: missing; add it (allowed: 1)"),
        (
            "name: window",
            "name: ''",
            "w.yaml:3:7: name: found ''; allowed: text that is not empty, 100 letters at most",
        ),
        ("description: R", "description: 3 #", "w.yaml:4:14: description: found 3; allowed: text"),
        (
            "description:",
            "descripton:",
            "w.yaml:4:1: descripton: is unknown; did you mean 'description'? "
            "allowed: unveil, name, description, group or stages",
        ),
        # names of stages
        (
            "- tone:",
            "- tne:",
            f"w.yaml:11:5: stages[5].tne: no stage is named 'tne'; did you mean 'tone'? allowed: {STAGES}",
        ),
        (
            "- decode: {}",
            "- sharpen",
            f"w.yaml:6:5: stages[0].sharpen: no stage is named 'sharpen'; allowed: {STAGES}",
        ),
        # the shape of an entry
        ("- decode: {}", "- 3", "w.yaml:6:5: stages[0]: found 3; write the name of a stage, e.g. '- decode'"),
        (
            "- decode: {}",
            "- {}",
            "w.yaml:6:5: stages[0]: found an empty mapping; write the name of a stage, e.g. '- decode'",
        ),
        (
            "- decode: {}",
            "- [decode]",
            "w.yaml:6:5: stages[0]: found a list; write the name of a stage, e.g. '- decode'",
        ),
        (
            "decode: {}",
            "decode: []",
            "w.yaml:6:13: stages[0].decode: found a list; write its parameters as decode: {parameter: value}",
        ),
        (
            "linearize: {highlights: clip}",
            "linearize: clip",
            "w.yaml:7:16: stages[1].linearize: found 'clip'; write its parameters as linearize: "
            "{parameter: value}",
        ),
        (
            "linearize: {highlights: clip}",
            "linearize:\n    highlights: clip",
            "w.yaml:8:5: stages[1].highlights: 'highlights' is a parameter of 'linearize'; "
            "write - linearize: {highlights: ...}",
        ),
        (
            "  - demosaic:",
            "    demosaic:",
            "w.yaml:9:5: stages[2].demosaic: found 'separate' and 'demosaic' under one dash; "
            "give each stage its own dash",
        ),
        # parameters
        (
            "exposure: auto",
            "gamma: -2.2",
            "w.yaml:11:19: stages[5].tone.gamma: found -2.2; allowed: a number above 0 and at most 10",
        ),
        (
            "exposure: auto",
            "gama: 2.2",
            "w.yaml:11:12: stages[5].tone.gama: is unknown; did you mean 'gamma'? "
            "allowed: exposure, curve, gamma, white, points, channels, gamut or output_space",
        ),
        (
            "curve: srgb",
            "curve: sgrb",
            "w.yaml:11:35: stages[5].tone.curve: found 'sgrb'; "
            "allowed: 'srgb', 'rec709', 'gamma', 'linear', 'lstar', 'filmic' or 'points'; did you mean 'srgb'?",
        ),
        (
            "exposure: auto",
            "exposure: 11",
            "w.yaml:11:22: stages[5].tone.exposure: found 11; "
            "allowed: 'auto', 'baseline' or a number from -10 to 10",
        ),
        (
            "exposure: auto",
            "exposure: yes",
            "w.yaml:11:22: stages[5].tone.exposure: found 'yes'; "
            "allowed: 'auto', 'baseline' or a number from -10 to 10",
        ),
        (
            "exposure: auto",
            "exposure: .nan",
            "w.yaml:11:22: stages[5].tone.exposure: found .nan; allowed: finite numbers",
        ),
        (
            "quality: 92",
            "quality: '92'",
            "w.yaml:13:37: stages[7].encode.quality: found '92'; allowed: a whole number from 1 to "
            "100; write it without quotes",
        ),
        (
            "quality: 92",
            "quality: true",
            "w.yaml:13:37: stages[7].encode.quality: found true; allowed: a whole number from 1 to 100",
        ),
        (
            "depth: 16",
            "depth: 13",
            "w.yaml:12:35: stages[6].encode.depth: found 13; allowed: 8, 10, 12, 16, 32 or nothing",
        ),
        (
            "fit: 2048",
            "fit: 3.5",
            "w.yaml:13:46: stages[7].encode.fit: found 3.5; allowed: a whole number at least 16 or nothing",
        ),
        (
            "white_balance: as-shot",
            "white_balance: [2, 1]",
            "w.yaml:10:29: stages[4].colour.white_balance: found [2, 1]; "
            "allowed: 'as-shot', 'auto', 'daylight', a list of 3, each a number above 0 or a mapping",
        ),
        (
            "strength: 1.0",
            "strength: .inf",
            "w.yaml:8:45: stages[2].separate.strength: found .inf; allowed: finite numbers",
        ),
        (
            "[reflection, blended]",
            "[reflection, blnded]",
            "w.yaml:8:69: stages[2].separate.keep[1]: found 'blnded'; "
            "allowed: 'transmission', 'reflection', 'blended', 'confidence' or 'residual'; did you mean 'blended'?",
        ),
        (
            "strength: 1.0",
            "strength: 1, strength: 2",
            "w.yaml:8:48: stages[2].separate.strength: given twice, first in line 8; keep one",
        ),
        (
            "decode: {}",
            "decode: {a: 1}",
            "w.yaml:6:14: stages[0].decode.a: is unknown; allowed: picture, crop or sidecar",
        ),
        (
            "{format: jpeg, quality: 92, fit: 2048, name",
            "{format: jpeg, depth: 16, name",
            "w.yaml:13:13: stages[7].encode: found {format: 'jpeg', depth: 16, name: 'proof/{stem}'}; "
            "depth 16 is not possible in a jpeg: use depth 8, or format tiff or png",
        ),
        # methods
        (
            "method: unveilnet",
            "method: unveilnt",
            "w.yaml:8:24: stages[2].separate.method: no method is named 'unveilnt'; "
            "did you mean 'unveilnet'? allowed: dim or unveilnet",
        ),
        (
            "strength: 1.0",
            "share: 1",
            "w.yaml:8:35: stages[2].separate.share: is unknown; did you mean 'scale'? "
            "allowed: method, strength, scale, domain, mask, keep, policy, record, precision or compile",
        ),
        (
            "method: unveilnet, strength: 1.0",
            "method: dim, share: half",
            "w.yaml:8:36: stages[2].separate.share: found 'half'; allowed: a number",
        ),
        # the chain
        (
            "  - decode: {}\n",
            "",
            "w.yaml:6:5: stages[0]: 'linearize' takes cfa, camera-rgb or display-rgb, but nothing "
            "stands before it; "
            "start with 'decode'",
        ),
        (
            "  - demosaic: {algorithm: auto}\n",
            "",
            "w.yaml:9:5: stages[3]: 'colour' takes camera-rgb or linear-rgb, but stages[2] "
            "'separate' may also give "
            "cfa-linear; put 'demosaic' between them",
        ),
        (
            "  - tone:",
            "  - decode\n  - tone:",
            "w.yaml:11:5: stages[5]: 'decode' can only come first, but stages[4] 'colour' stands before it; "
            "move or remove it",
        ),
        (
            "  - tone: {exposure: auto, curve: srgb, output_space: sRGB}\n",
            "",
            "w.yaml:11:5: stages[5]: 'encode' takes display-rgb, but stages[4] 'colour' gives linear-rgb; "
            "put 'tone' between them",
        ),
        # what is written
        (
            '"before/{stem}"',
            '"Proof/{stem}"',
            "w.yaml:14:5: stages[8]: writes 'Proof/{stem}.jpg', and so does stages[7] 'encode'; "
            "give one of them another name, e.g. {stem}_2",
        ),
        (
            '"{stem}_clean"',
            '"../{stem}"',
            "w.yaml:12:57: stages[6].encode.name: found '../{stem}'; "
            "must not have empty parts, '.' or '..' between its slashes",
        ),
        (
            '"{stem}_clean"',
            '"/tmp/{stem}"',
            "w.yaml:12:57: stages[6].encode.name: found '/tmp/{stem}'; "
            "must be a path below the output folder, not an absolute one",
        ),
        (
            '"{stem}_clean"',
            '"{data}_clean"',
            "w.yaml:12:57: stages[6].encode.name: found '{data}_clean'; "
            "no token {data}; allowed: {stem}, {parent}, {sequence}, {date}, {time}, {camera}, {lens}, {iso}, "
            "{recipe}, {layer}, {job}",
        ),
        (
            '"{stem}_clean"',
            r'"{stem}\n"',
            r"w.yaml:12:57: stages[6].encode.name: found '{stem}\n'; '\n' cannot stand in a file name",
        ),
        # the text
        ("{highlights: clip}", "\n\t{}", "w.yaml:8:1: a tab stands here; YAML indents with spaces only"),
        (
            "decode: {}",
            "decode: &a {}",
            "w.yaml:6:13: '&a': recipes have no anchors and aliases; write the value out",
        ),
    ],
)
def test_one_broken_thing_gives_one_exact_sentence(
    registry: Registry, old: str, new: str, sentence: str
) -> None:
    assert problems(mutated(old, new), registry) == (sentence,)


def test_the_shipped_recipe_itself_is_good(registry: Registry) -> None:
    recipe = parse_recipe(WINDOW, registry)
    assert (recipe.name, len(recipe.stages)) == ("window", 10)


def test_everything_that_is_wrong_is_told_in_the_order_of_the_file(registry: Registry) -> None:
    text = mutated("name: window", "nam: window")
    for old, new in (
        ("- decode", "- decod"),
        ("strength: 1.0", "strength: '1'"),
        ("curve: srgb", "curve: 1"),
    ):
        text = text.replace(old, new, 1)
    told = problems(text, registry)
    assert [sentence.split(": ")[1] for sentence in told] == [
        "name",
        "nam",
        "stages[0].decod",
        "stages[2].separate.strength",
        "stages[5].tone.curve",
    ]


def test_a_recipe_that_writes_nothing_is_refused(registry: Registry) -> None:
    text = "\n".join(line for line in WINDOW.splitlines() if "encode" not in line)
    assert problems(text, registry) == (
        "w.yaml:11:5: stages[5]: nothing would be written; add 'encode' at the end",
    )


def test_a_last_stage_whose_work_is_not_written_is_refused(registry: Registry) -> None:
    assert problems(WINDOW + "  - linearize\n", registry) == (
        "w.yaml:16:5: stages[10]: what 'linearize' does would not be written; add 'encode' after it "
        "or remove it",
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "w.yaml: the file is empty; a recipe has unveil, name and stages"),
        ("# nothing\n", "w.yaml: the file is empty; a recipe has unveil, name and stages"),
        ("- decode\n", "w.yaml:1:1: found a list; a recipe is a mapping with unveil, name and stages"),
        ("window", "w.yaml:1:1: found 'window'; a recipe is a mapping with unveil, name and stages"),
        (HEAD, "w.yaml:1:1: stages: missing; add it (allowed: a list that is not empty)"),
        (HEAD + "stages:", "w.yaml:3:8: stages: found nothing; allowed: a list that is not empty"),
        (HEAD + "stages: []", "w.yaml:3:9: stages: found []; allowed: a list that is not empty"),
        (
            HEAD + "stages: {decode: {}}",
            "w.yaml:3:9: stages: found {decode: {}}; allowed: a list that is not empty",
        ),
        (
            HEAD + "stages: [decode]",
            "w.yaml:3:10: stages[0]: nothing would be written; add 'encode' at the end",
        ),
        (b"unveil: 1\nname: caf\xe9\n", "w.yaml:2:10: byte 0xe9 is not UTF-8; save the file as UTF-8"),
    ],
)
def test_a_file_that_is_no_recipe_is_told_so(registry: Registry, text: str | bytes, sentence: str) -> None:
    assert problems(text, registry) == (sentence,)


@pytest.mark.parametrize("decode", ["decode", "decode:", "decode: {}", "decode: null", "'decode'"])
def test_a_stage_without_parameters_has_its_defaults(registry: Registry, decode: str) -> None:
    assert parse_recipe(mutated("decode: {}", decode), registry) == parse_recipe(WINDOW, registry)


def test_the_parameters_of_the_method_stand_beside_those_of_the_stage(registry: Registry) -> None:
    recipe = parse_recipe(mutated("method: unveilnet,", "method: dim, share: 1,"), registry)
    values = recipe.stages[2][1].model_dump()
    assert (values["share"], values["method"], values["strength"]) == (1, "dim", 1.0)
    assert parse_recipe(recipe.to_yaml(), registry) == recipe


@pytest.mark.parametrize("pickler", [pickle, cloudpickle])
def test_a_recipe_with_parameters_of_a_method_can_be_sent_to_a_worker(
    registry: Registry, pickler: ModuleType
) -> None:
    recipe = parse_recipe(mutated("method: unveilnet,", "method: dim, share: 1,"), registry)
    assert pickle.loads(pickler.dumps(recipe)) == recipe


def test_parameters_that_cannot_be_checked_are_the_plugins_fault() -> None:
    class Faulty(Parameters):
        def model_post_init(self, context: object) -> None:
            raise KeyError("oops")

    class Plugin:
        @hookimpl
        def unveil_stages(self) -> list[StageSpec]:
            routes: Routes = {None: frozenset({Space.DISPLAY_RGB})}
            return [
                StageSpec(
                    name="start", summary="", parameters=Faulty, routes=routes, build=lambda p, c: lambda f: f
                )
            ]

    with pytest.raises(PluginError) as caught:
        parse_recipe(HEAD + "stages: [start]", build_registry([Plugin()]))
    assert str(caught.value).startswith("the parameters of stages[0].start (")
    assert str(caught.value).endswith("cannot be checked: KeyError: 'oops'")


def test_random_damage_never_gives_anything_but_a_recipe_or_sentences(registry: Registry) -> None:
    chance = random.Random(20240607)
    data = WINDOW.encode()
    good, told = 0, list[str]()
    for _ in range(500):
        damaged = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(damaged))
            kind = chance.randrange(4)
            if kind == 0:
                damaged[at] = chance.randrange(256)
            elif kind == 1:
                del damaged[at : at + chance.randint(1, 12)]
            elif kind == 2:
                damaged[at:at] = chance.choice(
                    [b"\n", b": ", b"- ", b"&a ", b"[", b"{", b'"', b"\t", b"!!int ", b"0"]
                )
            else:
                damaged[at:at] = damaged[at : at + chance.randint(1, 40)]
        try:
            good += isinstance(parse_recipe(bytes(damaged), registry, "w.yaml"), Recipe)
        except RecipeError as error:
            told.extend(error.problems or ("an error that says nothing",))
    assert good > 20
    assert len(told) > 200
    assert [sentence for sentence in told if not sentence.startswith("w.yaml:") or "\n" in sentence] == []


def test_a_layer_that_no_stage_keeps_is_told_before_a_picture_is_read(registry: Registry) -> None:
    found = problems(mutated("keep: [reflection, blended]", "keep: [reflection]"), registry)
    assert found == (
        "w.yaml:14:5: stages[8]: 'encode' reads the layer 'blended', but no stage before it keeps it: "
        "the layers there are 'reflection'; give 'separate' the parameter keep: [blended]",
    )


def test_a_layer_without_separation_is_told(registry: Registry) -> None:
    line = "  - separate: {method: unveilnet, strength: 1.0, keep: [reflection, blended]}\n"
    found = problems(mutated(line, ""), registry)
    assert [text.split(": ", 2)[2] for text in found] == [
        f"'encode' reads the layer {layer!r}, but no stage before it keeps it: no layer is there"
        for layer in ("blended", "reflection")
    ]
