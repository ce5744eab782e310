/** Shifts lower-case letters by `key` places round the alphabet. Port of caesar.cpp. */
public class Caesar {
    static String caesar(String text, int key) {
        String shifted = "";
        for (char letter : text.toCharArray()) {
            if (letter >= 'a' && letter <= 'z') {
                shifted += 'a' + (letter - 'a' + key) % 26;
            } else {
                shifted += letter;
            }
        }
        return shifted;
    }

    public static void main(String[] args) {
        System.out.println(caesar("42!", 3));
        System.out.println(caesar("attack at dawn", 3));
        System.out.println(caesar("xyz", 13));
    }
}
