"""Public recordings in their published layouts, strings of digits, and the user's own table."""

import tarfile

import numpy as np
import pytest
import soundfile

from tasks.speech_recognition.corpora import (
    An4,
    Builtin,
    DigitStrings,
    FreeSpokenDigit,
    LibriSpeech,
    SpeechCommands,
    Table,
    load_utterances,
)

draw = np.random.default_rng(0)


def write(path, seconds=0.3, rate=8_000, level=0.3):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, level * draw.uniform(-1, 1, int(seconds * rate)), rate)
    return path


@pytest.fixture
def digits(tmp_path):
    """Free Spoken Digit with two speakers and twelve recordings of each of two digits."""
    for digit in (3, 7):
        for number, speaker in enumerate(("ann", "bob")):
            for index in range(12):
                name = f"{digit}_{speaker}_{index}.wav"
                write(tmp_path / "recordings" / name, 0.2 + 0.01 * index, level=0.1 + 0.5 * number)
    return tmp_path


def parts(splits):
    return {name: getattr(splits, name) for name in ("train", "validation", "test")}


def sizes(splits):
    return {name: len(part.audio) for name, part in parts(splits).items()}


def test_the_official_split_of_digits(digits):
    splits = load_utterances(FreeSpokenDigit(digits))
    assert sizes(splits) == {"train": 8, "validation": 20, "test": 20}
    assert splits.rate == 8_000
    assert splits.num_features is None
    for name, indices in (("test", range(5)), ("validation", range(5, 10)), ("train", (10, 11))):
        part = parts(splits)[name]
        assert {int(one.rsplit("_", 1)[1][:-4]) for one in part.names} == set(indices)
        assert set(part.speakers) == {"ann", "bob"}
        assert set(part.transcripts) == {"three", "seven"}


def test_an_unseen_speaker_is_the_test_alone(digits):
    splits = load_utterances(FreeSpokenDigit(digits, unseen_speaker="bob"))
    assert sizes(splits) == {"train": 14, "validation": 10, "test": 24}
    assert {*splits.test.speakers} == {"bob"}
    assert {*splits.train.speakers, *splits.validation.speakers} == {"ann"}


def test_an_unknown_speaker_is_refused(digits):
    with pytest.raises(ValueError, match="must be one of ann, bob. Received: 'eve'"):
        load_utterances(FreeSpokenDigit(digits, unseen_speaker="eve"))


def test_an_archive_is_read_as_its_folder(digits):
    with tarfile.open(digits / "recordings.tar.gz", "w:gz") as archive:
        archive.add(digits / "recordings", "recordings")
    unpacked = load_utterances(FreeSpokenDigit(digits))
    for file in (digits / "recordings").iterdir():
        file.unlink()
    (digits / "recordings").rmdir()
    packed = load_utterances(FreeSpokenDigit(digits))
    assert packed.train.transcripts == unpacked.train.transcripts
    assert all(map(np.array_equal, packed.train.audio, unpacked.train.audio))


def test_strings_are_of_recordings_of_their_own_split(digits):
    corpus = DigitStrings(digits, train=30, validation=10, test=20, fewest=2, most=4)
    splits = load_utterances(corpus)
    assert sizes(splits) == {"train": 30, "validation": 10, "test": 20}
    for name, indices in (("test", set(range(5))), ("train", {10, 11})):
        for one, transcript in zip(
            parts(splits)[name].names, parts(splits)[name].transcripts, strict=True
        ):
            files = one.split(" + ")
            assert len(files) == len(transcript.split())
            assert 2 <= len(files) <= 4
            assert {int(file.rsplit("_", 1)[1][:-4]) for file in files} <= indices
            assert len({file.rsplit("_", 2)[1] for file in files}) == 1  # one speaker
    again = load_utterances(corpus)
    assert all(map(np.array_equal, splits.test.audio, again.test.audio))


def test_speakers_are_equally_loud_in_strings(digits):
    splits = load_utterances(DigitStrings(digits, train=40, validation=1, test=1))
    peaks = [np.abs(wave.astype(int)).max() for wave in splits.train.audio]
    assert max(peaks) < 1.4 * min(peaks)


@pytest.fixture
def an4(tmp_path):
    """Ten training speakers with two utterances each, one other speaker."""
    folder = tmp_path / "an4"
    (folder / "etc").mkdir(parents=True)
    for split, speakers in (("train", 10), ("test", 1)):
        base = {"train": "an4_clstk", "test": "an4test_clstk"}[split]
        ids = [f"{base}/{split}{s}/utt-{s}-{i}" for s in range(speakers) for i in range(2)]
        for number, one in enumerate(ids):
            path = folder / "feat" / f"{one}.mfc"
            path.parent.mkdir(parents=True, exist_ok=True)
            features = np.full((9 + number, 13), number, ">f4")
            path.write_bytes(features.size.to_bytes(4, "big") + features.tobytes())
        lines = [f"<s> YES NO {n} </s> ({one.rsplit('/', 1)[1]})" for n, one in enumerate(ids)]
        (folder / "etc" / f"an4_{split}.fileids").write_text("\n".join(ids))
        (folder / "etc" / f"an4_{split}.transcription").write_text("\n".join(lines))
    return folder


def test_cepstra_with_their_transcripts(an4):
    splits = load_utterances(An4(an4.parent))
    assert sizes(splits) == {"train": 4, "validation": 16, "test": 2}
    assert (splits.rate, splits.num_features) == (100, 13)
    assert not {*splits.train.speakers} & {*splits.validation.speakers}
    for part in (splits.train, splits.validation):
        for audio, transcript in zip(part.audio, part.transcripts, strict=True):
            number = int(transcript.removeprefix("yes no "))
            assert audio.shape == (9 + number, 13)
            assert (audio == number).all()


def test_damaged_cepstra_are_named(an4):
    path = next((an4 / "feat").rglob("*.mfc"))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=rf"{path.name} is no file of 13 cepstra per frame"):
        load_utterances(An4(an4.parent))
    path.unlink()
    with pytest.raises(FileNotFoundError, match=f"lacks feat/.*{path.stem}.mfc"):
        load_utterances(An4(an4.parent))


def test_the_published_layout_of_librispeech(tmp_path):
    for split in ("train-clean-100", "dev-clean", "test-clean"):
        chapter = tmp_path / "LibriSpeech" / split / "19" / "198"
        for number in range(2):
            write(chapter / f"{split}-{number}.flac", rate=16_000)
        lines = [f"{split}-{number} A SENTENCE OF {split.upper()}" for number in range(2)]
        (chapter / "19-198.trans.txt").write_text("\n".join(lines))
    splits = load_utterances(LibriSpeech(tmp_path))
    assert sizes(splits) == {"train": 2, "validation": 2, "test": 2}
    assert splits.test.transcripts[0] == "a sentence of test-clean"


def test_a_transcript_without_its_recording_is_named(tmp_path):
    chapter = tmp_path / "train-clean-100" / "19"
    chapter.mkdir(parents=True)
    (chapter / "19.trans.txt").write_text("19-0 A SENTENCE")
    with pytest.raises(FileNotFoundError, match="19.trans.txt names 19-0, which is not there"):
        load_utterances(LibriSpeech(tmp_path))


def test_commands_are_folders_and_lists(tmp_path):
    for command in ("yes", "no", "_background_noise_"):
        for number in range(4):
            write(tmp_path / command / f"ann_nohash_{number}.wav", rate=16_000)
    (tmp_path / "validation_list.txt").write_text("yes/ann_nohash_0.wav\nno/ann_nohash_0.wav\n")
    (tmp_path / "testing_list.txt").write_text("yes/ann_nohash_1.wav\n")
    splits = load_utterances(SpeechCommands(tmp_path))
    assert sizes(splits) == {"train": 5, "validation": 2, "test": 1}
    assert {*splits.train.transcripts} == {"yes", "no"}


@pytest.fixture
def table(tmp_path):
    """Forty recordings by twenty speakers."""
    rows = ["path\ttranscript\tspeaker"]
    for number in range(40):
        write(tmp_path / f"{number}.wav", rate=16_000)
        rows.append(f"{number}.wav\tnumber {number}\tspeaker {number // 2}")
    path = tmp_path / "recordings.tsv"
    path.write_text("\n".join(rows))
    return path


def test_the_users_own_recordings_are_split_by_speakers(table):
    splits = load_utterances(Table(table))
    assert sum(sizes(splits).values()) == 40
    speakers = [{*part.speakers} for part in parts(splits).values()]
    assert sum(map(len, speakers)) == len(set.union(*speakers)) == 20
    assert all(sizes(splits).values())


def test_tables_may_be_given_for_every_split(table):
    splits = load_utterances(Table(table, validation_path=table, test_path=table))
    assert sizes(splits) == {"train": 40, "validation": 40, "test": 40}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("missing.wav\thello", "row 42: there is no file at"),
        ("0.wav\t ", "row 42: the transcript is missing"),
        ("recordings.tsv\thello", "row 42: .*recordings.tsv is no audio file"),
    ],
)
def test_a_bad_row_is_named_or_skipped(table, row, message, caplog):
    table.write_text(f"{table.read_text()}\n{row}\tspeaker 1")
    with pytest.raises(ValueError, match=message):
        load_utterances(Table(table))
    splits = load_utterances(Table(table, bad_rows="skip"))
    assert sum(sizes(splits).values()) == 40
    assert "skipped 1 of 41 rows" in caplog.text


def test_missing_columns_are_named(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("file\ttranscript\na.wav\thello\n")
    with pytest.raises(ValueError, match="Missing: path. Received: file, transcript"):
        load_utterances(Table(path))


def test_too_few_recordings_to_split(tmp_path):
    write(tmp_path / "0.wav", rate=16_000)
    (tmp_path / "a.tsv").write_text("path\ttranscript\n0.wav\thello\n")
    with pytest.raises(ValueError, match="too few to be split by themselves"):
        load_utterances(Table(tmp_path / "a.tsv"))


@pytest.mark.parametrize("corpus", [FreeSpokenDigit, An4, LibriSpeech, SpeechCommands])
def test_where_to_get_what_is_not_there(corpus, tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_ATTENTION_DATA", raising=False)
    with pytest.raises(FileNotFoundError, match="It is published at"):
        load_utterances(corpus())
    with pytest.raises((FileNotFoundError, ValueError), match=str(tmp_path)):
        load_utterances(corpus(tmp_path))


def test_the_real_files(data_folder):
    assert sizes(load_utterances(An4())) == {"train": 850, "validation": 98, "test": 130}
    splits = load_utterances(LibriSpeech())
    assert sum(sizes(splits).values()) == 218
    assert sizes(splits)["test"] == 52
    digits = load_utterances(FreeSpokenDigit())
    assert sizes(digits) == {"train": 2400, "validation": 300, "test": 300}


def test_built_in_speech():
    assert sizes(load_utterances(Builtin(3, 2, 1))) == {"train": 3, "validation": 2, "test": 1}
