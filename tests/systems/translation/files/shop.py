"""One program in three languages: a constant, a class, functions that call each other, a main that reads."""

PYTHON = """import sys

LIMIT = 100


class Order:
    def __init__(self, amount: int):
        self.amount = amount

    def capped(self) -> int:
        return min(self.amount, LIMIT)


def share(total: int, people: int) -> int:
    return total // people


def cap(value: int) -> int:
    return min(share(value, 3), LIMIT)


def top(values: list[int]) -> int:
    best = 0
    for value in values:
        best = max(best, cap(value))
    return best


def main():
    for line in sys.stdin:
        values = [int(word) for word in line.split()]
        print(top(values), Order(len(values)).capped())


if __name__ == "__main__":
    main()
"""
JAVA = """import java.util.*;

public class Shop {
    static final int LIMIT = 100;

    static class Order {
        int amount;
        Order(int amount) { this.amount = amount; }
        int capped() { return Math.min(amount, LIMIT); }
    }

    static long share(int total, int people) { return Math.floorDiv((long) total, (long) people); }

    static long cap(int value) { return Math.min(share(value, 3), LIMIT); }

    static long top(int[] values) {
        long best = 0;
        for (int value : values) best = Math.max(best, cap(value));
        return best;
    }

    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        while (in.hasNextLine()) {
            String line = in.nextLine().trim();
            String[] words = line.isEmpty() ? new String[0] : line.split("\\\\s+");
            int[] values = Arrays.stream(words).mapToInt(Integer::parseInt).toArray();
            System.out.println(Shop.top(values) + " " + new Order(values.length).capped());
        }
    }
}
"""
CPP = """#include <bits/stdc++.h>
using namespace std;

const int LIMIT = 100;

struct Order {
    int amount;
    int capped() const { return min(amount, LIMIT); }
};

long long share(int total, int people) {
    long long q = total / people;
    return total % people != 0 && (total < 0) != (people < 0) ? q - 1 : q;
}

long long cap(int value) { return min<long long>(share(value, 3), LIMIT); }

long long top(const vector<int>& values) {
    long long best = 0;
    for (int value : values) best = max(best, cap(value));
    return best;
}

int main() {
    string line;
    while (getline(cin, line)) {
        istringstream words(line);
        vector<int> values;
        for (int value; words >> value;) values.push_back(value);
        cout << top(values) << " " << Order{(int) values.size()}.capped() << "\\n";
    }
}
"""
FILES = {"python": PYTHON, "java": JAVA, "cpp": CPP}
SUFFIXES = {"python": ".py", "java": ".java", "cpp": ".cpp"}
