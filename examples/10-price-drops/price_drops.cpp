// How often a price fell from one day to the next. Port of PriceDrops.java.
#include <iostream>
#include <vector>

int price_drops(const std::vector<int>& prices) {
    int drops = 0;
    for (size_t day = 0; day < prices.size() - 1; day++) {
        if (prices[day + 1] < prices[day]) {
            drops++;
        }
    }
    return drops;
}

int main() {
    std::cout << price_drops({120, 115, 118, 90}) << "\n";
    std::cout << price_drops({99}) << "\n";
    std::cout << price_drops({}) << "\n";
}
