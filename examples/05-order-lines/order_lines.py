"""Lines of an order, `article x amount`, in the order in which articles were first scanned."""


def order_lines(scanned: list[str]) -> list[str]:
    amounts: dict[str, int] = {}
    for article in scanned:
        amounts[article] = amounts.get(article, 0) + 1
    lines = []
    for article, amount in amounts.items():
        lines.append(article + " x " + str(amount))
    return lines


def main() -> None:
    print(order_lines(["apple"]))
    print(order_lines(["apple", "bread", "apple"]))
    print(order_lines(["tea", "milk", "apple", "tea", "sugar"]))


if __name__ == "__main__":
    main()
