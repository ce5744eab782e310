// Length of the longest stretch of a walk that only goes up: from each start as far as it climbs, then on from there.
#include <algorithm>
#include <iostream>
#include <vector>

int longest_climb(const std::vector<int>& metres) {
    if (metres.empty()) {
        return 0;
    }
    size_t start = 0;
    size_t longest = 1;
    while (start < metres.size()) {
        size_t end = start + 1;
        while (end < metres.size() && metres[end] > metres[end - 1]) {
            end++;
        }
        longest = std::max(longest, end - start);
        start = end;
    }
    return static_cast<int>(longest);
}

int main() {
    std::cout << longest_climb({}) << "\n";
    std::cout << longest_climb({310, 320, 320, 335, 340, 300}) << "\n";
    std::cout << longest_climb({5, 4, 3}) << "\n";
}
