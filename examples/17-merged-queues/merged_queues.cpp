// Merges two queues of ticket numbers, always serving the lower number that is in front; the first queue wins a tie.
#include <iostream>
#include <vector>

std::vector<int> merged(const std::vector<int>& first, const std::vector<int>& second) {
    std::vector<int> served;
    size_t i = 0;
    size_t j = 0;
    while (i < first.size() && j < second.size()) {
        if (first[i] <= second[j]) {
            served.push_back(first[i++]);
        } else {
            served.push_back(second[j++]);
        }
    }
    while (i < first.size()) {
        served.push_back(first[i++]);
    }
    while (j < second.size()) {
        served.push_back(second[j++]);
    }
    return served;
}

void show(const std::vector<int>& tickets) {
    for (int ticket : tickets) std::cout << ticket << " ";
    std::cout << "\n";
}

int main() {
    show(merged({1, 4, 9}, {2, 3, 10, 12}));
    show(merged({}, {5, 6}));
    show(merged({7, 8}, {}));
}
