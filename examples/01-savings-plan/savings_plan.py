"""Balance of a savings plan in cents: each month a deposit, each year interest in hundredths of a percent.

Interest is rounded down to whole cents. Ported to Java for the branch terminals.
"""


def final_balance(deposit: int, rate: int, years: int) -> int:
    balance = 0
    for year in range(years):
        balance += 12 * deposit
        interest = balance * rate // 10_000
        balance += interest
    return balance


def main() -> None:
    print(final_balance(500, 175, 3))
    print(final_balance(10_000, 350, 5))
    print(final_balance(25_000, 350, 20))


if __name__ == "__main__":
    main()
