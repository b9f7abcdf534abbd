"""2,000 damaged configs: each is right or costs one message, and none a traceback."""

import random
import re

import click
import pytest

from seqvision.cli.check import command
from seqvision.config import zoo_folder
from seqvision.errors import SeqvisionError

TAGS = ("!!python/object/apply:os.system [id]", "!!set {a}", "!foo", "!!binary aGk=", "!!int x")
VALUES = (
    *("", "~", "true", "-1", "0", "1e400", ".inf", ".nan", "0o17", "0x1F", "1_000", "9" * 5000),
    *("2020-01-01", "[]", "{}", "[[1], {a: b}]", "{name: gru}", "'", '"\\ud800"', '"\\0"', "<<"),
    *("*here", "&here 1", "*nowhere", "null: 1", "? [a]", "|\n  text", "100000000000", "~x/y"),
    *TAGS,
)
LINES = ("<<: {name: x}", "<<: *here", "<<: 3", "? [a, b]\n: c", "1: 2", "---", "%YAML 1.1", "\t")


def mutated(text, chance):
    """One zoo file, changed in one to three places as a person, or a bad disk, would."""
    for _ in range(chance.randint(1, 3)):
        lines = text.split("\n")
        place = chance.randrange(len(lines))
        key, colon, _ = lines[place].partition(":")
        match chance.randrange(9):
            case 0:
                at = chance.randrange(len(text) + 1)
                text = (
                    text[:at] + chance.choice("\0\t\n:{}[],&*!|>%@`'\"#-?\ufeffé\x85") + text[at:]
                )
                continue
            case 1:
                at = chance.randrange(len(text))
                text = text[:at] + text[at + chance.randint(1, 20) :] or "x"
                continue
            case 2:
                lines[place] = f"{key}{colon} {chance.choice(VALUES)}"
            case 3:
                lines[place] = " " * chance.randrange(5) + lines[place].lstrip()
            case 4:
                lines.insert(place, lines[chance.randrange(len(lines))])
            case 5:
                lines.insert(place, " " * chance.choice((0, 2)) + chance.choice(LINES))
            case 6:
                lines[place] = f"{key}{colon} &here {lines[place][len(key) + 1 :]}"
            case 7:
                numbers = re.compile(r"\d+")
                lines[place] = numbers.sub(lambda _: chance.choice(VALUES[:12]), lines[place], 1)
            case 8:
                lines[place] = f"{key}{colon} {chance.choice(TAGS)} {lines[place][len(key) + 1 :]}"
        text = "\n".join(lines)
    content = text.encode(errors="surrogatepass")
    if chance.random() < 0.05:
        at = chance.randrange(len(content))
        content = content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]
    return content


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_config_is_right_or_costs_one_message(seed, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    chance = random.Random(seed)
    texts = [path.read_text(encoding="utf-8") for path in sorted(zoo_folder().glob("*.yaml"))]
    wrong = 0
    for number in range(500):
        content = mutated(chance.choice(texts), chance)
        (tmp_path / "mine.yaml").write_bytes(content)
        try:
            code = command.main(["mine.yaml"], standalone_mode=False)
        except SeqvisionError as error:
            pytest.fail(f"{number}: {error!r} was not told\n{content!r}")
        except click.ClickException as error:
            pytest.fail(f"{number}: {error!r}\n{content!r}")
        except Exception as error:
            raise AssertionError(f"{number}: {content!r}") from error
        said = capsys.readouterr()
        assert code in (None, 0, 2)
        assert (said.out == "") == (code == 2), content
        if code == 2:
            wrong += 1
            assert said.err.startswith("error: ") and said.err.count("\n") == 1, content
            assert len(said.err) < 1500, content
    assert 200 < wrong < 490  # Neither all nor nothing.
