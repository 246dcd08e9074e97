import pytest

from traymail.core.errors import Problem
from traymail.core.fields import Field, Section, defaults, fields_of, place_problems
from traymail.core.texts import text

FORM = (
    Section(
        None,
        (
            Field("folder", text("F&older"), default="~"),
            Field("to", text("To")),
            Field("to_all", text("Everyone")),
        ),
    ),
    Section(text("More"), (Field("limits.rate", text("At most"), rare=True),)),
)


def test_fields_and_their_defaults() -> None:
    assert [field.name for field in fields_of(FORM)] == ["folder", "to", "to_all", "limits.rate"]
    assert defaults(FORM) == {"folder": "~", "to": "", "to_all": "", "limits.rate": ""}


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("folder", "folder"),
        ("to[1]", "to"),
        ("to.name", "to"),
        ("to_all", "to_all"),
        ("limits.rate", "limits.rate"),
        ("limits", None),
        ("elsewhere", None),
        ("", None),
    ],
)
def test_a_problem_finds_its_field(where: str, name: str | None) -> None:
    problem = Problem(where, text("wrong"))
    placed, unplaced = place_problems(FORM, (problem,))
    assert placed == ({} if name is None else {name: problem})
    assert unplaced == (() if name else (problem,))


def test_the_first_problem_of_a_field_is_shown_in_the_order_of_the_form() -> None:
    to, again, folder = (Problem(where, text("x")) for where in ("to", "to[1]", "folder"))
    placed, unplaced = place_problems(FORM, (to, again, folder))
    assert list(placed.items()) == [("folder", folder), ("to", to)]
    assert unplaced == ()
