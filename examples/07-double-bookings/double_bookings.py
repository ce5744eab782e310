"""How many bookings ask for a slot that is taken already; a day has 48 slots of half an hour."""


def double_bookings(slots: list[int]) -> int:
    taken = 0
    conflicts = 0
    for slot in slots:
        bit = 1 << slot
        if taken & bit:
            conflicts += 1
        taken |= bit
    return conflicts


def main() -> None:
    print(double_bookings([16, 17, 18]))
    print(double_bookings([0, 20, 20, 30, 0]))
    print(double_bookings([2, 34, 47]))


if __name__ == "__main__":
    main()
