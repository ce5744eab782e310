// Serves requests from a stock; the articles that the stock knows at the end. Port of KnownArticles.java.
#include <iostream>
#include <map>
#include <string>
#include <vector>

std::vector<std::string> known_articles(const std::vector<std::string>& deliveries,
                                        const std::vector<std::string>& requests) {
    std::map<std::string, int> stock;
    for (const std::string& article : deliveries) {
        stock[article]++;
    }
    for (const std::string& article : requests) {
        int left = stock[article];
        if (left > 0) {
            stock[article] = left - 1;
        }
    }
    std::vector<std::string> known;
    for (const auto& [article, amount] : stock) {
        known.push_back(article);
    }
    return known;
}

void show(const std::vector<std::string>& articles) {
    for (const std::string& article : articles) std::cout << article << " ";
    std::cout << "\n";
}

int main() {
    show(known_articles({"nut", "bolt", "nut"}, {"nut"}));
    show(known_articles({}, {}));
    show(known_articles({"bolt"}, {"bolt", "gear", "bolt"}));
}
