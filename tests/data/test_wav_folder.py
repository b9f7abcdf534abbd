"""Sound: files of any depth, spectra against librosa's, and folders of classes."""

import io
import os
import wave

import numpy as np
import pytest
from damaged import damaged
from scipy.io import wavfile

from seqvision.data import decoding, load
from seqvision.data.kept import no_cache
from seqvision.data.sound import decoded, features
from seqvision.data.sound.spectra import Spectra
from seqvision.data.sound.wav import is_wav, read_wav, resampled
from seqvision.errors import DataError

# A tone, a chirp and noise, for a fifth of a second.
SECONDS = np.arange(1600) / 8000
NOISE = np.random.RandomState(0).uniform(-1, 1, 1600)
CHIRP = 0.3 * np.sin(2 * np.pi * (300 + 1500 * SECONDS) * SECONDS)
SIGNAL = (0.5 * np.sin(2 * np.pi * 440 * SECONDS) + CHIRP + 0.01 * NOISE).astype(np.float32)

# Frames 0, 9 and 17 by librosa 0.11.0 in float64, of `SIGNAL` as float64, with
#   power = abs(librosa.stft(SIGNAL, n_fft=200, hop_length=80, center=False, dtype=complex)) ** 2
#   bands = librosa.filters.mel(sr=8000, n_fft=200, n_mels=12, htk=True, norm=None, dtype=float)
#   log_mel = log(bands @ power)
#   mfcc = librosa.feature.mfcc(S=log_mel, n_mfcc=5, dct_type=2, norm="ortho")
FRAMES = [0, 9, 17]
# fmt: off
LOG_MEL = [
    [-3.5224, 4.7105, 6.7142, 5.6853, -5.0829, -4.9843,
     -4.3472, -4.7679, -4.4476, -4.3015, -3.7262, -2.7835],
    [-5.7504, -4.6798, 6.4651, 6.2993, 4.4468, -3.9776,
     -4.3002, -3.615, -3.7172, -3.624, -3.7917, -2.9451],
    [-4.0497, -4.6688, 6.4631, 5.6803, 5.3223, 4.9089,
     -4.5947, -3.9071, -3.8574, -3.4982, -3.4596, -3.5571],
]
# fmt: on
MFCC = [
    [-6.0199, 8.886, 4.4451, -4.2851, -6.8193],
    [-5.5396, 5.5633, -2.823, -9.6421, -7.9183],
    [-2.661, 6.8896, -5.7579, -10.4941, -4.2711],
]


def test_spectra_are_those_of_librosa():
    spectra = Spectra(8000, window=200, hop=80, n_mels=12)
    log_mel, mfcc = spectra.log_mel(SIGNAL), spectra.mfcc(SIGNAL, 5)
    assert (log_mel.shape, mfcc.shape, log_mel.dtype) == ((18, 12), (18, 5), np.float32)
    np.testing.assert_allclose(log_mel[FRAMES], LOG_MEL, atol=2e-4)
    np.testing.assert_allclose(mfcc[FRAMES], MFCC, atol=2e-4)


def test_silence_and_sound_shorter_than_a_window():
    spectra = Spectra(8000, window=200, hop=80, n_mels=12)
    np.testing.assert_allclose(spectra.log_mel(np.zeros(1600, np.float32)), np.log(1e-10))
    short = spectra.log_mel(SIGNAL[:150])
    np.testing.assert_array_equal(short, spectra.log_mel(np.pad(SIGNAL[:150], (0, 50))))
    assert len(spectra.log_mel(SIGNAL[:279])) == 1 and len(spectra.log_mel(SIGNAL[:280])) == 2


def test_spectra_are_the_same_some_windows_at_a_time(monkeypatch):
    spectra = Spectra(8000, window=200, hop=80, n_mels=12)
    whole = spectra.log_mel(SIGNAL)
    monkeypatch.setattr("seqvision.data.sound.spectra._AT_A_TIME", 700)
    np.testing.assert_allclose(spectra.log_mel(SIGNAL), whole, rtol=1e-6)


def wav(samples, rate=8000):
    """A WAV file's content."""
    file = io.BytesIO()
    wavfile.write(file, rate, samples)
    return file.getvalue()


def wav24(samples):
    """24 bits, which SciPy does not write."""
    file = io.BytesIO()
    with wave.open(file, "wb") as opened:
        opened.setparams((1, 3, 8000, 0, "NONE", ""))
        whole = np.round(samples * 2**23).astype("<i4")
        opened.writeframes(whole.view(np.uint8).reshape(-1, 4)[:, :3].tobytes())
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (wav(np.round(SIGNAL * 128 + 128).astype(np.uint8)), 1 / 128),
        (wav(np.round(SIGNAL * 2**15).astype(np.int16)), 2**-15),
        (wav24(SIGNAL), 2**-22),
        (wav(np.round(SIGNAL * 2.0**31).astype(np.int32)), 2**-22),
        (wav(SIGNAL), 0),
        (wav(SIGNAL.astype(np.float64)), 0),
    ],
    ids=["8 bits", "16 bits", "24 bits", "32 bits", "float32", "float64"],
)
def test_files_of_any_depth_hold_the_same_sound(tmp_path, content, error):
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    sound = read_wav(path)
    assert (sound.rate, sound.channels, sound.samples.dtype) == (8000, 1, np.float32)
    np.testing.assert_allclose(sound.samples, SIGNAL, atol=error)


def test_channels_are_averaged(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(wav(np.stack([SIGNAL, SIGNAL * 0, SIGNAL * 2], axis=1)))
    sound = read_wav(path)
    assert sound.channels == 3
    np.testing.assert_allclose(sound.samples, SIGNAL, atol=1e-6)


def test_a_tone_is_the_same_at_another_rate(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(wav(np.sin(2 * np.pi * 440 * np.arange(44100) / 44100), 44100))
    samples = resampled(read_wav(path), 16000)
    assert len(samples) == 16000
    expected = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    np.testing.assert_allclose(samples[200:-200], expected[200:-200], atol=2e-3)


@pytest.fixture
def folder(tmp_path):
    """Ten sounds each of two classes: low and high."""
    for name, tone in (("low", 300), ("high", 2000)):
        (tmp_path / name).mkdir()
        for n in range(10):
            seconds = np.arange(800 + 80 * n) / 8000
            samples = np.sin(2 * np.pi * tone * seconds).astype(np.float32)
            (tmp_path / name / f"{n}.wav").write_bytes(wav(samples))
    return tmp_path


def load_folder(folder, **options):
    return load({"name": "wav_folder", "path": str(folder), "rate": 8000, **options})


def test_a_folder_a_class(folder):
    dataset = load_folder(folder)
    assert (dataset.kind, dataset.input_shape, dataset.class_names) == (
        "series",
        (None, 40),
        ("high", "low"),
    )
    assert (len(dataset.train), len(dataset.test)) == (16, 4)
    # The loudest band tells the tone: 2,000 Hz are 1,521 of 2,146 mel, 300 are 402.
    loudest = [one.mean(axis=0).argmax() for one in map(np.asarray, dataset.train.samples)]
    np.testing.assert_allclose(loudest, np.where(dataset.train.labels == 0, 28, 7), atol=1)
    lengths = {part: split.samples.lengths.tolist() for part, split in dataset.parts.items()}
    assert sorted(lengths["training"] + lengths["test"]) == sorted([*range(8, 18)] * 2)


def test_parts_and_what_lies_beside(folder, caplog):
    for part in ("train", "test", "val"):
        for name in ("low", "high"):
            (folder / part / name).mkdir(parents=True)
            for n, file in enumerate((folder / name).glob("[0-3].wav")):
                (folder / part / name / f"{n}").write_bytes(file.read_bytes())
            (folder / part / name / "notes.txt").write_text("RIFF")
    dataset = load_folder(folder)
    assert [len(part) for part in (dataset.train, dataset.test, dataset.validation)] == [8] * 3
    assert "WAV files read: 24; passed over: 20 in no folder of a class (high/" in caplog.text
    assert "6 not WAV files" in caplog.text


def test_mfcc_windows_and_rate(folder, caplog):
    dataset = load_folder(folder, features="mfcc", window=50.0, hop=25.0, rate=16000)
    assert dataset.input_shape == (None, 13)
    assert max(part.samples.steps for part in dataset.parts.values()) == 6
    assert "no file has more than 8,000 Hz" in caplog.text
    assert "resampled to 16,000 Hz: 20 of 8,000 Hz" in dataset.notes


@pytest.fixture
def cache(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("SEQVISION_CACHE", str(folder))
    monkeypatch.setenv("SEQVISION_CACHE_GB", "1")
    return folder / "decoded"


@pytest.fixture
def read(monkeypatch):
    """The names of the files that are read."""
    names, read_wav = [], features.read_wav
    monkeypatch.setattr(
        features, "read_wav", lambda file: names.append(file.name) or read_wav(file)
    )
    return names


def alike(one, other):
    assert (one.checksum, one.notes) == (other.checksum, other.notes)
    for part, split in one.parts.items():
        np.testing.assert_array_equal(split.samples.values, other.parts[part].samples.values)


def test_the_second_time_no_file_is_read(folder, cache, read):
    with no_cache():
        expected = load_folder(folder, rate=4000)
    assert not cache.exists()
    alike(load_folder(folder, rate=4000), expected)
    assert len(read) == 40
    alike(load_folder(folder, rate=4000, test=0.2), expected)
    assert len(read) == 40
    (path,) = cache.glob("*.npy")
    assert np.load(path).shape == (sum(len(s.samples.values) for s in expected.parts.values()), 40)


def test_sounds_or_options_that_changed_are_read_anew(folder, cache, read):
    before = load_folder(folder)
    load_folder(folder, hop=20.0)
    load_folder(folder, features="mfcc")
    assert len(read) == 60
    os.utime(folder / "low" / "3.wav", ns=(0, 0))
    assert load_folder(folder).checksum == before.checksum and len(read) == 80
    (folder / "low" / "3.wav").write_bytes((folder / "high" / "3.wav").read_bytes())
    assert load_folder(folder).checksum != before.checksum and len(read) == 100


def test_what_the_cache_has_no_room_for_is_in_memory(folder, cache, caplog, monkeypatch):
    """How much it is, is known when all is decoded."""
    with no_cache():
        expected = load_folder(folder)
    monkeypatch.setenv("SEQVISION_CACHE_GB", "1e-6")
    alike(load_folder(folder), expected)
    assert "what was decoded is not kept in" in caplog.text
    assert not [*cache.glob("*.npy"), *cache.glob("*.part")]


def test_other_processes_make_the_same(folder, monkeypatch, read):
    expected = load_folder(folder)
    monkeypatch.setattr(decoding, "_WORTH", 0)
    monkeypatch.setattr(decoding, "available_cores", lambda: 2)
    monkeypatch.setattr(decoded, "_BLOCK", 20_000)
    alike(load_folder(folder), expected)
    assert len(read) < 30


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"features": "mfcc", "n_mfcc": 41}, "n_mfcc: 41 coefficients of 40 mel bands"),
        ({"n_mels": 90}, "n_mels: 90 bands are narrower than a window of 25 ms can tell apart"),
        ({"n_mels": 1_000_000}, "n_mels: 1000000 bands are narrower"),
        ({"window": 0.01}, "window: 0.01 ms are 0 samples at 8,000 Hz"),
        ({"hop": 1e9}, "hop: 1e+09 ms are 8,000,000,000 samples"),
    ],
)
def test_options_that_make_no_spectra(folder, options, message):
    with pytest.raises(DataError) as error:
        load_folder(folder, **options)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"RIFF", "not a WAV file, or damaged"),
        (b"", "not a WAV file, or damaged"),
        (wav(SIGNAL)[:-400], "not a WAV file, or damaged: Reached EOF prematurely"),
        (wav(SIGNAL[:0]), "holds no sound"),
        (wav(SIGNAL, 0), "its header says 0 samples a second"),
        (wav(SIGNAL, 10**9), "its header says 1,000,000,000 samples a second"),
        (wav(np.where(SECONDS[3] == SECONDS, np.nan, SIGNAL)), "sample 4 is no finite number"),
    ],
)
def test_a_broken_file_is_named(folder, content, message):
    (folder / "high" / "3.wav").write_bytes(content)
    with pytest.raises(DataError) as error:
        load_folder(folder)
    assert f"high/3.wav: {message}" in str(error.value)


def test_damaged_files_are_read_or_told(folder):
    path = folder / "high" / "3.wav"
    for bits in (np.int16(SIGNAL[:400] * 2**15), SIGNAL[:400]):
        for variant in damaged(wav(np.stack([bits, bits], axis=1))):
            path.write_bytes(variant)
            try:
                assert is_wav(path) and np.isfinite(resampled(read_wav(path), 8000)).all()
            except DataError as error:
                assert "3.wav" in str(error) and "\n" not in str(error)
