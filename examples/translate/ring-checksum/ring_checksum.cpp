// Checksum of the frames in a ring buffer, read from its head on. It wraps around at 32 bits on purpose.
#include <cstdint>
#include <iostream>
#include <vector>

uint32_t checksum(const std::vector<int>& ring, int head) {
    uint32_t sum = 2166136261u;
    int n = static_cast<int>(ring.size());
    for (int i = 0; i < n; i++) {
        sum ^= static_cast<uint32_t>(ring[(head + i) % n]);
        sum *= 16777619u;
    }
    return sum;
}

int main() {
    std::cout << checksum({17, 4, 250, 99}, 2) << "\n";
    std::cout << checksum({1, 2, 3}, 0) << "\n";
    std::cout << checksum({255, 0, 128, 64, 32, 7}, 5) << "\n";
    std::cout << checksum({}, 0) << "\n";
}
