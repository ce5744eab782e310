// The least cost of joining ropes two at a time. Port of rope_cost.py.
#include <iostream>
#include <queue>
#include <vector>

int rope_cost(const std::vector<int>& lengths) {
    std::priority_queue<int> heap(lengths.begin(), lengths.end());
    int cost = 0;
    while (heap.size() > 1) {
        int joined = heap.top();
        heap.pop();
        joined += heap.top();
        heap.pop();
        cost += joined;
        heap.push(joined);
    }
    return cost;
}

int main() {
    std::cout << rope_cost({7}) << "\n";
    std::cout << rope_cost({4, 3}) << "\n";
    std::cout << rope_cost({4, 3, 2, 6}) << "\n";
}
