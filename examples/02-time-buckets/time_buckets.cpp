// How many events fall into each bucket of `width` seconds. Port of time_buckets.py.
#include <iostream>
#include <map>
#include <vector>

std::map<int, int> bucket_counts(const std::vector<int>& times, int width) {
    std::map<int, int> counts;
    for (int time : times) {
        int bucket = time / width;
        counts[bucket]++;
    }
    return counts;
}

void show(const std::map<int, int>& counts) {
    for (const auto& [bucket, n] : counts) std::cout << bucket << ": " << n << "  ";
    std::cout << "\n";
}

int main() {
    show(bucket_counts({0, 3, 9, 10, 25}, 10));
    show(bucket_counts({61, 59, 60}, 60));
    show(bucket_counts({-5, -1, 0, 4}, 5));
}
