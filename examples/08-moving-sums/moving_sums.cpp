// The sum of every window of `width` neighbouring values; none where the window is wider than the series.
#include <iostream>
#include <vector>

std::vector<int> moving_sums(const std::vector<int>& series, int width) {
    std::vector<int> sums;
    int n = series.size();
    if (width < 1 || width > n) {
        return sums;
    }
    int window = 0;
    for (int i = 0; i < width; i++) {
        window += series[i];
    }
    sums.push_back(window);
    for (int last = width; last < n; last++) {
        window += series[last] - series[last - width];
        sums.push_back(window);
    }
    return sums;
}

int main() {
    for (int width : {1, 3, 5}) {
        for (int sum : moving_sums({4, 8, 15, 16}, width)) std::cout << sum << " ";
        std::cout << "\n";
    }
}
