// Splits a bill in cents over guests: equal shares, the first ones pay the odd cents.
#include <iostream>
#include <vector>

std::vector<int> shares(int total, int guests) {
    std::vector<int> due;
    if (guests <= 0) {
        return due;
    }
    int share = total / guests;
    int odd = total - share * guests;
    for (int guest = 0; guest < guests; guest++) {
        due.push_back(guest < odd ? share + 1 : share);
    }
    return due;
}

void show(const std::vector<int>& due) {
    for (int cents : due) std::cout << cents << " ";
    std::cout << "\n";
}

int main() {
    show(shares(0, 0));
    show(shares(4000, 4));
    show(shares(1000, 3));
}
