from subscribers import fields, labels
from subscribers.labels import Labels

CATEGORIES = fields.Categories(["World", "Arts; Culture"])


def test_names_become_categories_in_their_order_and_any_case() -> None:
    found = Labels(CATEGORIES, frozenset({"tags"}))

    assert found.chosen([("tags", "arts; culture"), ("tags", "WORLD"), ("groups", "World")]) == (
        "Arts; Culture",
        "World",
    )
    assert found.warnings() == []


def test_columns_that_may_hold_anything_are_reported_only_beside_a_category() -> None:
    found = Labels(CATEGORIES, frozenset({"tags"}))

    found.chosen([("company", "Quay Works"), ("topics", "World"), ("topics", "Gardens"), ("tags", "VIP")])
    found.chosen([("tags", "VIP")])

    assert found.warnings() == [
        "topics: “Gardens” is no category of ours: once",
        "tags: “VIP” is no category of ours: 2 times",
    ]


def test_memory_is_bounded_when_every_row_has_another_name() -> None:
    found = Labels(CATEGORIES, frozenset({"tags"}))

    for number in range(3 * labels.MOST_NAMES):
        found.chosen([("tags", f"tag {number}")])

    assert len(found.warnings()) == labels.MOST_NAMES + 1
    assert f"tags: any other is no category of ours: {2 * labels.MOST_NAMES:,} times" in found.warnings()


def test_where_no_categories_are_known_no_label_is_one() -> None:
    found = Labels(fields.Categories([]), frozenset({"tags"}))

    assert found.chosen([("tags", "World")]) == ()
