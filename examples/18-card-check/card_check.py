"""Whether the digits of a card number satisfy the Luhn check: every second one from the right counts double."""


def is_valid(digits: list[int]) -> bool:
    total = 0
    for position, digit in enumerate(reversed(digits)):
        if position % 2 == 1:
            digit *= 2
            if digit > 9:
                digit -= 9
        total += digit
    return len(digits) > 0 and total % 10 == 0


def main() -> None:
    print(is_valid([4, 5, 3, 9, 1, 4, 8, 8, 0, 3, 4, 3, 6, 4, 6, 7]))
    print(is_valid([8, 2, 7, 3, 1, 2, 3, 2, 7, 3, 5, 2, 0, 5, 6, 9]))
    print(is_valid([]))


if __name__ == "__main__":
    main()
