import math

import pytest

from tasks.translation.scoring import bleu, exact_match, score


def by_name(hypotheses, references, language):
    return {one.name: one for one in score(hypotheses, references, language)}


def test_bleu_is_what_the_formula_says():
    # 5 of 6 words, 4 of 5 pairs, 3 of 4 triples, 2 of 3 quadruples; one word too few.
    hypothesis, reference = "the red cat sat on mats", "the red cat sat on a mat"

    expected = 100 * math.exp(1 - 7 / 6) * (5 / 6 * 4 / 5 * 3 / 4 * 2 / 3) ** 0.25

    assert by_name([hypothesis], [reference], "en")["BLEU"].value == pytest.approx(expected)
    assert bleu([hypothesis], [reference], "en") == pytest.approx(expected)


def test_chrf_is_what_the_formula_says():
    # Of the n-grams of "abcd" those of "abce" miss one each: 3/4, 2/3, 1/2, 0 for n = 1 ... 4.
    expected = 100 * (3 / 4 + 2 / 3 + 1 / 2 + 0) / 4

    assert by_name(["abcd"], ["abce"], "en")["chrF"].value == pytest.approx(expected)


def test_tokenized_bleu_sees_no_case_no_typography_and_splits_punctuation():
    scores = by_name(["Sie sagt: „Das ist's!“"], ['sie SAGT: "das ist\'s!"'], "de")

    assert scores["tokenized BLEU"].value == pytest.approx(100.0)
    assert scores["BLEU"].value < 50
    assert "tok:none" in scores["tokenized BLEU"].signature
    assert "tok:13a" in scores["BLEU"].signature


def test_tokenized_bleu_counts_words_and_punctuation():
    # Tokens: ein hund läuft weg . | ein hund läuft fort .
    expected = 100 * (4 / 5 * 2 / 4 * 1 / 3 * (1 / 2) / 2) ** 0.25  # "exp" smoothing of 0 of 2

    scores = by_name(["Ein Hund läuft weg."], ["Ein Hund läuft fort."], "de")

    assert scores["tokenized BLEU"].value == pytest.approx(expected)


def test_chinese_is_split_into_characters_and_not_by_moses():
    scores = by_name(["我喜欢红房子。"], ["我喜欢大房子。"], "zh")

    # 6 of 7, 4 of 6, 2 of 5; 0 of 4 is smoothed to a half.
    expected = 100 * (6 / 7 * 4 / 6 * 2 / 5 * (1 / 2) / 4) ** 0.25
    assert scores["BLEU"].value == pytest.approx(expected)
    assert "tok:zh" in scores["BLEU"].signature
    assert "tokenized BLEU" not in scores


def test_exact_match_is_a_share_of_equal_strings():
    assert exact_match(["La casa.", "el niño", " Sí. "], ["La casa.", "El niño", "Sí."]) == (
        pytest.approx(200 / 3)
    )


def test_a_score_is_printed_with_its_signature():
    line = str(by_name(["a b c d"], ["a b c d"], "en")["BLEU"])

    assert line.startswith("BLEU")
    assert "100.00" in line
    assert "tok:13a" in line


@pytest.mark.parametrize(("hypotheses", "references"), [([], []), (["a"], ["a", "b"])])
def test_a_hypothesis_is_needed_for_each_reference(hypotheses, references):
    with pytest.raises(ValueError, match="a hypothesis for each reference"):
        score(hypotheses, references, "en")
