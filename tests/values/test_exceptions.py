from semalign.values.exceptions import _KINDS, exception_kind


def test_no_class_stands_for_two_kinds() -> None:
    names = [name for names in _KINDS.values() for name in names]
    assert len(names) == len(set(names))


def test_a_class_is_known_with_and_without_its_package() -> None:
    assert exception_kind("java.util.NoSuchElementException") == exception_kind("StopIteration") == "missing element"


def test_a_class_of_the_program_is_a_kind_of_its_own() -> None:
    assert exception_kind("shop.orders.SoldOut") == "SoldOut"
