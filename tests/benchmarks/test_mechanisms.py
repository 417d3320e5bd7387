"""The benchmark of mechanisms: its variants, its table, and one of them trained for an epoch."""

from pathlib import Path

import pytest

from benchmarks import mechanisms
from benchmarks.mechanisms import END, START, Config, Row, Variant
from keras_attention import layers
from tasks.common.mechanisms import make_mechanism, make_position_scheme

PAGE = Path(__file__).parents[2] / Config().page
# For sequences longer than the preset's; for pictures; and what the baseline has.
OF_PICTURES = {"GridWindow", "OffDiagonal", "RelativeBias2D", "Rotary2D", "TemperedDotProduct"}
LEFT_OUT = {"BigBird", "BlockSparse", "PackedSegments", "Softmax", *OF_PICTURES}


@pytest.mark.parametrize("variant", mechanisms.VARIANTS, ids=lambda variant: variant.name)
def test_every_variant_can_be_made(variant):
    model = variant.config().model
    assert (model == Variant("", "").config().model) is (variant.name == mechanisms.BASELINE)
    make_mechanism(model.attention, "model.attention")
    make_mechanism(model.cross_attention, "model.cross_attention")
    make_position_scheme(model.position_scheme, "model.position_scheme")


def test_every_mechanism_takes_part():
    kinds = layers.Score, layers.Normalizer, layers.RelativePositions, layers.Pattern
    bases = {*kinds, layers.LinearKernel}
    classes = (getattr(layers, name) for name in dir(layers) if name[0].isupper())
    names = {one.__name__ for one in classes if issubclass(one, kinds) and one not in bases}
    taking_part = {variant.name.split("(")[0] for variant in mechanisms.VARIANTS}
    assert names - taking_part == LEFT_OUT


def test_unknown_variants_are_named():
    with pytest.raises(SystemExit, match="Unknown variants: \\['Rotari'\\]"):
        mechanisms.named(["Rotary", "Rotari"])


def test_the_table_compares_with_the_first_row():
    rows = [
        Row("a", "everywhere", 98.0, 99.0, 1000, 200.0, 900.0),
        Row("b", "positions", 97.0, 98.5, 1234, 100.0, 901.0),
        Row("c", "positions", error="no memory"),
    ]
    lines = mechanisms.markdown(rows).splitlines()
    assert lines[3] == "| `b` | positions | 97.0 | 98.5 | 1,234 | 100 | 2.00 | 901 |"
    assert lines[4].startswith("| `c` | positions | failed |")


def test_the_catalogue_has_a_place_for_the_table(tmp_path):
    text = PAGE.read_text(encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    for table in ("first", "second"):
        mechanisms.replace_table(page, table)
    before, after = text.split(START)[0], text.split(END)[1]
    assert page.read_text(encoding="utf-8") == f"{before}{START}\nsecond\n{END}{after}"


@pytest.mark.parametrize("error", ["", "no memory"])
def test_the_page_gets_a_table_of_all_variants_or_none(tmp_path, monkeypatch, error):
    def row(variant, _):
        return Row(variant.name, variant.place, tokens_per_second=1.0, error=error)

    monkeypatch.setattr(mechanisms, "measure", row)
    page = tmp_path / "page.md"
    page.write_text(f"{START}\nold\n{END}", encoding="utf-8")
    config = Config(output=tmp_path / "lines.jsonl", page=page)
    if error:
        with pytest.raises(SystemExit, match="Additive: no memory"):
            mechanisms.main(config)
    else:
        mechanisms.main(config)

    assert ("old" in page.read_text(encoding="utf-8")) is bool(error)
    assert config.output.exists()


@pytest.mark.slow
def test_a_variant_is_trained_in_a_process_of_its_own():
    (variant,) = mechanisms.named(["Rotary"])
    row = mechanisms.measure(variant, Config(epochs=1))
    assert row.error == ""
    assert row.exact > 10
    assert row.parameters == 835_840
    assert row.tokens_per_second > 0
    assert row.mebibytes > 500
