#include <cstdint>
#include <iostream>
#include <vector>

// A checksum that wraps at 32 bits, over a ring of readings that is read from `start` on.
uint32_t checksum(const std::vector<int>& ring, int start) {
    uint32_t sum = 17;
    int n = static_cast<int>(ring.size());
    for (int i = 0; i < n; i++) {
        int reading = ring[(start + i) % n];
        sum = sum * 31 + static_cast<uint32_t>(reading);
        sum = sum ^ (sum >> 7);
    }
    return sum;
}

int main() {
    std::cout << checksum({3, 1, 4, 1, 5}, 2) << "\n";
    std::cout << checksum({2718281, 82845, 90452}, 1) << "\n";
    std::cout << checksum({7}, 0) << "\n";
}
