// The longest run of days on which a meter showed the same reading.
#include <algorithm>
#include <iostream>
#include <vector>

int longest_streak(const std::vector<int>& readings) {
    if (readings.empty()) {
        return 0;
    }
    int best = 1;
    int streak = 1;
    for (int day = 1; day < static_cast<int>(readings.size()); day++) {
        if (readings[day] == readings[day - 1]) {
            streak++;
        } else {
            streak = 1;
        }
        best = std::max(best, streak);
    }
    return best;
}

int main() {
    std::cout << longest_streak({}) << "\n";
    std::cout << longest_streak({4, 4, 7, 7, 7, 1}) << "\n";
    std::cout << longest_streak({980, 1015, 1015, 1015}) << "\n";
}
