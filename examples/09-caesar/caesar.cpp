// Shifts lower-case letters by `key` places round the alphabet; everything else stays.
#include <iostream>
#include <string>

std::string caesar(const std::string& text, int key) {
    std::string shifted;
    for (char letter : text) {
        if (letter >= 'a' && letter <= 'z') {
            shifted += 'a' + (letter - 'a' + key) % 26;
        } else {
            shifted += letter;
        }
    }
    return shifted;
}

int main() {
    std::cout << caesar("42!", 3) << "\n";
    std::cout << caesar("attack at dawn", 3) << "\n";
    std::cout << caesar("xyz", 13) << "\n";
}
