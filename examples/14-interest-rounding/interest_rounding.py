"""Interest on each account in cents, rounded as banks do: halves to the even cent."""


def interests(balances: list[int], percent: float) -> list[int]:
    booked = []
    for balance in balances:
        exact = balance * percent / 100
        cents = round(exact)
        booked.append(cents)
    return booked


def main() -> None:
    print(interests([1000, 2000], 1.5))
    print(interests([130, 770], 1.0))
    print(interests([50, 150, 250], 1.0))


if __name__ == "__main__":
    main()
