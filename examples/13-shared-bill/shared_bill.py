"""Splits a bill in cents over guests. Port of shared_bill.cpp."""


def shares(total: int, guests: int) -> list[int]:
    due: list[int] = []
    if guests <= 0:
        return due
    share = total / guests
    odd = total - share * guests
    for guest in range(guests):
        due.append(share + 1 if guest < odd else share)
    return due


def main() -> None:
    print(shares(0, 0))
    print(shares(4000, 4))
    print(shares(1000, 3))


if __name__ == "__main__":
    main()
